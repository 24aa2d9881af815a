return scenario { duration = s(1), node "a" { model = "service", service = ms(1), count = 1000000 },
  node "c" { model = "client", arrivals = poisson(rate(1)), to = string.rep("a[1..1000000] ", 1100) } }
