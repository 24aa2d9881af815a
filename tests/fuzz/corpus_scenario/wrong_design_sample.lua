return scenario {
  name = "cache-capacity", duration = minutes(10), warmup = minutes(2),
  node "web"  { model = "client", arrivals = poisson(rate(4000)),
                keys = zipf { n = 1e5, exponent = 0.99 }, to = "edge" },
  node "edge" { model = "cache", capacity = 1000, polcy = "lru",
                hit = 200, miss_to = "bd", coalesce = true },
  node "db"   { model = "service", servers = 4, queue_limit = 512,
                service = lognormal { median = ms(2), p99 = ms(20) } },
}
