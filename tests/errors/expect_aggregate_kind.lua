return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  expect "db.busy p99 < 80%",
  expect "db.latency total < 1s",
}
