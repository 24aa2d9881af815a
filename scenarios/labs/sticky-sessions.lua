-- 360 users on four servers that keep their sessions. One server is gone for half a minute.
-- Whose session is lost, and who serves whom when the server is back?
local function front(fields)
  local block = { model = "balancer", to = "web", timeout = ms(500), retry_on = "failures",
                  check_interval = s(1), fall = 3, rise = 2 }
  for name, value in pairs(fields) do block[name] = value end
  return node "balancer" (block)
end

return scenario {
  name = "sticky-sessions", duration = minutes(4), warmup = s(10), runs = 10,

  node "users" { model = "client.closed", sessions = 360, think = exponential(s(1)),
                 to = "balancer", timeout = s(2) },
  node "web"   { model = "service", count = 4, service = exponential(ms(8)), per_member = true },

  crash { "web[2]", from = s(60), to = s(90), silent = true },

  variant "no affinity" { front { policy = "least_connections" } },
  variant "sticky"      { front { policy = "least_connections", sticky = true } },
  variant "hashed"      { front { policy = "rendezvous", hash_by = "session" } },

  -- A quarter of the sessions is lost once; and the server is back, but nobody comes.
  expect { "balancer.moved total > 80",      from = s(60), variant = "sticky" },
  expect { "balancer.moved total < 100",     from = s(60), variant = "sticky" },
  expect { "web[2].busy mean < 1%",          from = s(95), variant = "sticky" },
  expect { "web[2].busy mean > 60%",         from = s(95), variant = "no affinity" },
  expect { "web[2].busy mean > 50%",         from = s(95), variant = "hashed" },
  expect { "web[1].busy mean > 85%",         from = s(95), variant = "sticky" },
  expect { "users.latency p99 < 200ms",      from = s(95), variant = "hashed" },
  expect { "users.latency p99 > 150ms",      from = s(95), variant = "sticky" },
  expect { "users.latency p99 < 100ms",      from = s(95), variant = "no affinity" },

  plot { "web[1].busy", "web[2].busy", "users.latency p99", against = "time", per = "variant" },
}
