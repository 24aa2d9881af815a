return scenario { name = "../x", duration = s(10),
  node "db" { model = "service", service = ms(2) },
}
