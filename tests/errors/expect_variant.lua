return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  variant "fast" {},
  expect { "db.latency p99 < 1s", variant = "fsat" },
}
