return scenario { name = "e", duration = s(10),
  warmpu = s(1),
  node "db" { model = "service", service = ms(2) },
}
