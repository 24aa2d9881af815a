return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  crash { "db", from = s(20), to = s(10) },
}
