return scenario {
  name = "e", duration = 300,
  node "web" { model = "service", service = exponential(10) },
  node "db" { model = "service", service = 0.005 },
  slow { "web", from = 60, to = 70, factor = "4x" },
  crash { "db", from = s(10), to = s(20) },
  expect "web.latency p99 < 100",
  expect "web.goodput mean > 400",
}
