return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  slow { "db", from = s(10), to = s(12) },
}
