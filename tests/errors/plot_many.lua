return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  plot { "db.latency p50", "db.latency p99", "db.busy", "db.queued" },
}
