-- What does a fault do to one server, and what to two?
return scenario {
  name = "variants", duration = s(60), warmup = s(5), runs = 3,

  network { latency = ms(1) },

  node "users" { model = "client.open", arrivals = poisson(rate(80)), to = "web",
                 timeout = ms(250) },

  variant "one server"  { node "web" { model = "service", servers = 1, queue_limit = 50,
                                       service = exponential(ms(10)) } },
  variant "two servers" { node "web" { model = "service", servers = 2, queue_limit = 50,
                                       service = exponential(ms(10)) } },

  slow { "web", from = s(20), to = s(25), factor = 5 },

  expect "users.success ratio > 95%",
  expect { "users.latency p50 < 20ms", from = s(40), variant = "two servers" },

  estimate "requests a day" { 80 / s(1) * days(1) },
  plot { "users.goodput", against = "time", per = "variant" },
}
