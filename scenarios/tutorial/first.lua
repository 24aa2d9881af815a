-- A service with one worker that is busy 80 % of the time. How long do users wait?
local load = param("load", 80)

return scenario {
  name = "first", duration = minutes(10), runs = 10,

  node "users" { model = "client.open", arrivals = poisson(rate(load)), to = "api" },
  node "api"   { model = "service", servers = 1, service = exponential(ms(10)) },

  expect "users.latency mean < 60ms",
  expect "users.latency p99 < 300ms",
}
