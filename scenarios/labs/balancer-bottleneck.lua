-- A balancer whose two cores need 100 µs for each request, before servers that have room for all.
-- At which load is it the bottleneck, and what does looking at connections only change?
local load = param("load", 15e3) -- requests a second

local function front(fields)
  local block = { model = "balancer", to = "web", cost = exponential(us(100)), servers = 2 }
  for name, value in pairs(fields) do block[name] = value end
  return node "balancer" (block)
end

-- Two cores and a queue: M/M/2. Time inside at the balancer, and 2 ms at a server.
local share = rate(load) * us(100) / 2
local inside = us(100) / (1 - share * share) + ms(2)

return scenario {
  name = "balancer-bottleneck", duration = s(10), warmup = s(2), runs = 4,

  node "users" { model = "client.open", arrivals = poisson(rate(load)), to = "balancer",
                 sessions = 2000, timeout = s(1) },
  node "web"   { model = "service", count = 8, servers = 32, service = exponential(ms(2)) },

  variant "layer 7" { front { policy = "least_connections" } },
  variant "layer 4" { front { policy = "least_connections", layer = "l4" } },

  sweep { load = { 5e3, 10e3, 15e3, 19e3, 25e3 } },

  share < 0.9 and { expect { "users.latency mean < " .. 1.02 * inside, variant = "layer 7" },
                    expect { "users.latency mean > " .. 0.98 * inside, variant = "layer 7" } } or {},
  share > 1 and expect { "users.success ratio < 50%", variant = "layer 7" } or {},
  expect { "users.latency mean < 2.5ms", variant = "layer 4" },
  expect { "balancer.busy mean < 5%", variant = "layer 4" },

  plot { "users.latency p99", "balancer.busy mean", "web.busy mean", against = "load", per = "variant" },
}
