return scenario { duration = s(1), node "a" { model = "service", service = ms(1) },
  node "c" { model = "client", arrivals = poisson(rate(1)), to = "a",
             keys = none } }
