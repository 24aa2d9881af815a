return scenario {
  duration = s(10),
  node "users" { model = "client.open", arrivals = poisson(rate(1)), to = "edge" },
  node "edge" { model = "cache", capacity = 10, miss_to = "db", follow = "db" },
  crash { "db", from = s(1), down = s(2) },
  node "db" { model = "service", service = ms(1) },
}
