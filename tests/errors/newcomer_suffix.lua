return scenario {
  name = "e", duration = 300s,
  node "db" { model = "service", service = ms(2) },
}
