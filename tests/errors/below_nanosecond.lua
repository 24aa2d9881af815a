return scenario { name = "e", duration = s(60),
  node "x" { model = "cache", capacity = 5,
    ttl = latency.L1,
    hit = latency.L1 },
  estimate "fine" (latency.L1),
}
