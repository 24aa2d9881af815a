-- Placements, ranges that split, keys on the move through crashes, and derived data.
local shards = { "raft", "single", shard { "late", from = s(4), to = s(9) } }

return scenario {
  name = "sharding", duration = s(12), warmup = s(1), runs = 2,
  network { latency = lognormal { median = ms(0.5), p99 = ms(3) } },
  node "users"  { model = "client.open", arrivals = poisson(rate(400)), to = "front",
                  keys = zipf { n = 600, exponent = 0.9 }, timeout = s(1), scan_keys = 20,
                  ops = { read = 0.5, write = 0.3, compare_and_set = 0.1, scan = 0.1 } },
  node "front"  { model = "store.view", base = "data", view = "index", groups = 50, fetch = true },
  node "index"  { model = "store.single" },
  node "raft"   { model = "store.raft", count = 3, fsync = exponential(ms(1)) },
  node "single" { model = "store.single", fsync = exponential(ms(1)) },
  node "late"   { model = "store.single", fsync = exponential(ms(1)) },

  variant "ring"  { node "data" { model = "store.sharded", shards = shards, keys = 600,
                                  count = 2, gather = "keys", fsync = exponential(ms(2)) } },
  variant "range" { node "data" { model = "store.sharded", shards = shards, keys = 600,
                                  by = "range", gather = "keys", split_above = 1.2, rate = kB(100) / s(1) } },

  crash { "data[1]", from = s(5), to = s(6) },
  crash { "raft[2]", from = s(4.5), to = s(7) },
  expect "history is linearizable",
  plot { "users.latency p99", against = "time", per = "variant" },
}
