return scenario { name = "e",
  node "db" { model = "service", service = ms(2) },
}
