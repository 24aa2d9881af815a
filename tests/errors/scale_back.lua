return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  scale { "db", from = s(10), to = s(20), count = 0 },
}
