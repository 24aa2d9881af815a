return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "c" { model = "client", to = "db",
    arrivals = one_key() },
}
