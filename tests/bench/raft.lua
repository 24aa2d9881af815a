-- Raft: five members, every write in a message of its own, and an fsync of its own at each of them.
return scenario {
  name = "bench-raft", duration = s(400), warmup = s(1), runs = 1,
  network { latency = us(20) },
  node "users"   { model = "client.open", arrivals = poisson(rate(3000)), to = "replica",
                   ops = { write = 1 }, keys = uniform_keys(10000) },
  node "replica" { model = "store.raft", count = 5, batch = 1, fsync = us(10) },
}
