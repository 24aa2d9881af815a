-- A leaderless store that is linearizable, N = 3: half reads, half writes. What recording and
-- checking its history cost is measured with this.
return scenario {
  name = "bench-recorded", duration = s(20), warmup = s(1), runs = 1,
  network { latency = exponential(ms(0.5)) },
  node "users"   { model = "client.open", arrivals = poisson(rate(20000)), to = "replica",
                   ops = { read = 0.5, write = 0.5 }, keys = uniform_keys(1000) },
  node "replica" { model = "store.quorum", protocol = "abd", count = 3, service = ms(0) },
}
