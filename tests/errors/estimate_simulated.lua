return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  estimate "bytes" { bytes(5), simulated = "db.latency p99" },
  estimate "rate" { 5 * requests / s(1), simulated = "db.issued rate" },
  estimate "total" { 5 * requests / s(1), simulated = "db.issued total" },
  estimate "busy" { percent(5), simulated = "db.busy mean" },
}
