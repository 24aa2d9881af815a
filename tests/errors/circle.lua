return scenario { name = "e", duration = s(60),
  node "in" { model = "cache", capacity = 5, miss_to = "a" },
  node "a"  { model = "cache", capacity = 5, miss_to = "b" },
  node "b"  { model = "cache", capacity = 5, miss_to = "c[1..2]", count = 2 },
  node "c"  { model = "cache", capacity = 5, miss_to = "a", count = 3 },
  node "self" { model = "cache", capacity = 5, miss_to = "self" },
  node "db" { model = "service", service = ms(2) },
  node "out" { model = "cache", capacity = 5, miss_to = { "self", "db" } },
}
