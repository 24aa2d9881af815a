return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  expect { "db.latency p99 < 1s", from = s(50), to = s(40) },
}
