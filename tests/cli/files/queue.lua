-- A queue with two servers. Does it keep up?
local load = param("load", rate(120))
local servers = param("servers", 2)

return scenario {
  name = "queue", duration = s(60), warmup = s(5), runs = 4,

  node "users" { model = "client.open", arrivals = poisson(load), to = "web", timeout = s(1) },
  node "web"   { model = "service", servers = servers, service = exponential(ms(10)) },

  expect "users.latency p99 < 200ms",
  expect "web.busy mean < 80%",
}
