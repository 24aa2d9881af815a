-- A leaderless store: N = 3, R = W = 2, no disks, nine reads to a write.
return scenario {
  name = "bench-quorum", duration = s(20), warmup = s(1), runs = 1,
  network { latency = exponential(ms(0.5)) },
  node "users"   { model = "client.open", arrivals = poisson(rate(50000)), to = "replica",
                   ops = { read = 0.9, write = 0.1 }, keys = uniform_keys(10000) },
  node "replica" { model = "store.quorum", count = 3, service = ms(0) },
}
