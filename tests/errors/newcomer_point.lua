return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "c"  { model = "client", arrivals = poisson(rate(10)), to = "db" },
  expect "c.latency.p99 < 200ms",
  expect "c.latency.answered.p50 < 200ms",
}
