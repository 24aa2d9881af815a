return scenario { name = "e", duration = s(10), warmup = s(10),
  node "db" { model = "service", service = ms(2) },
}
