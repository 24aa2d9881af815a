return scenario { name = "e", duration = s(60),
  node "web" { model = "client", arrivals = poisson(rate(10)), to = "db", retry = backoff(ms(50)) },
  node "db"  { model = "service", service = ms(1), queue = queue_limit },
}
