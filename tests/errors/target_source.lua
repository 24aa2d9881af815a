return scenario { name = "e", duration = s(60),
  node "c" { model = "client", arrivals = poisson(rate(1)), to = "db d" },
  node "d" { model = "client", arrivals = poisson(rate(1)), to = { c = percent(50) } },
  node "db" { model = "service", service = ms(2) },
  surge { "c", from = s(0), factor = 2 },
}
