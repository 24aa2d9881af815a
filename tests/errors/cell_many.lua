return scenario { name = "e", duration = s(60), cell = us(500),
  node "db" { model = "service", service = ms(2) },
}
