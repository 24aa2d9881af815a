return scenario { name = "e", duration = s(60),
  node "db" { model = "cache", capacity = 10, count = 3, count_max = 17 },
}
