-- More arrives than can be served, until a limit ends the run.
return scenario {
  duration = s(10), warmup = s(0), runs = 2, events_max = 50000,
  node "users" { model = "client.open", arrivals = regular(rate(10000)), to = "web" },
  node "web"   { model = "service", service = ms(1) },
  expect "users.latency p50 < 1s",
  expect "users.issued rate > 9000/s",
}
