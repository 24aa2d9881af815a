return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  expect "db.latency p99 < 200",
  expect "db.goodput mean > 850",
  expect "db.busy mean < 3s",
  expect "db.queued max < 5%",
}
