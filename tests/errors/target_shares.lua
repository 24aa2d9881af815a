return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "c" { model = "client", arrivals = poisson(rate(1)),
    to = { db = percent(150) } },
}
