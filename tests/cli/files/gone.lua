-- A member that goes down for good, one that is slow beyond the end, and a history without a write.
return scenario {
  name = "gone", duration = s(20), warmup = s(2), runs = 2,
  node "users" { model = "client.open", arrivals = poisson(rate(50)), to = "web", timeout = s(1) },
  node "web"   { model = "service", count = 3, servers = 4, service = ms(5) },
  crash { "web[1]", from = s(10), silent = true },
  slow  { "web[2]", from = s(5), to = s(8), factor = 3 },
  slow  { "web[3]", from = s(15), to = s(60), factor = 3 },
  expect "history is linearizable",
}
