-- A key that is written every four seconds and cached for two: how old is what readers see?
return scenario {
  name = "stale", duration = minutes(30), warmup = s(20), runs = 4,
  node "readers" { model = "client.open", arrivals = poisson(rate(20)), ops = { read = 1 },
                   keys = one_key(1), to = "edge" },
  node "writers" { model = "client.open", arrivals = poisson(rate(0.25)), ops = { write = 1 },
                   keys = one_key(1), to = "db" },
  node "edge"    { model = "cache", capacity = 10, ttl = s(2), miss_to = "db" },
  node "db"      { model = "store.memory", service = us(1) },
  expect "readers.stale ratio < 22%",
  expect "readers.staleness p50 < 1s",
}
