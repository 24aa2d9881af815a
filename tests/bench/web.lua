-- The web tier: client, balancer, service, cache that answers 80 %, database.
return scenario {
  name = "bench-web", duration = s(300), warmup = s(10), runs = param("runs", 1),
  network { latency = exponential(us(200)) },
  node "users"    { model = "client.open", arrivals = poisson(rate(8000)), to = "balancer",
                    keys = uniform_keys(1e5), timeout = s(1) },
  node "balancer" { model = "balancer", to = "web", policy = "least_connections" },
  node "web"      { model = "service", count = 8, servers = 4, service = exponential(ms(2)),
                    to = "cache" },
  node "cache"    { model = "cache", capacity = 8e4, hit = us(50), miss_to = "db" },
  node "db"       { model = "service", servers = 64, service = exponential(ms(5)) },
}
