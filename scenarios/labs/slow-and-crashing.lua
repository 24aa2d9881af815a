-- Four web servers behind a balancer. One works at a quarter of its speed for a minute; later the
-- machine of another is gone for a minute, and nothing refuses what is sent there.
-- Which way of balancing hides that from the users?
local function front(policy)
  return node "balancer" { model = "balancer", to = "web", policy = policy,
                           timeout = ms(500), retries = 1, retry_on = "failures" }
end

return scenario {
  name = "slow-and-crashing", duration = minutes(5), warmup = s(10), runs = 5,

  network { latency = lognormal { median = ms(0.25), p99 = ms(1) } },

  node "users" { model = "client.open", arrivals = poisson(rate(1000)), to = "balancer",
                 timeout = s(2) },
  node "web"   { model = "service", count = 4, servers = 4, queue_limit = 200,
                 service = exponential(ms(10)) },

  variant "round robin"       { front("round_robin") },
  variant "random"            { front("random") },
  variant "least connections" { front("least_connections") },
  variant "two choices"       { front("two_choices") },

  slow  { "web[1]", from = minutes(1), to = minutes(2), factor = 4 },
  crash { "web[2]", from = minutes(3), to = minutes(4), silent = true },

  expect "users.success ratio > 99.9%",
  expect { "users.latency p99 > 500ms", variant = "round robin" },
  expect { "users.latency p99 > 500ms", variant = "random" },
  expect { "users.latency p99 < 100ms", variant = "least connections" },
  expect { "users.latency p99 < 100ms", variant = "two choices" },

  plot { "users.latency p99", "users.errors", against = "time", per = "variant" },
}
