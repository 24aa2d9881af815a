return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  clock { "db", from = s(10) },
  node "x" { like = "db" },
  degrade { "db", "x", from = s(10) },
  surge { "db", from = s(10), factor = 2 },
  clock { "db", from = s(10), shift = s(0) },
}
