-- A request needs 100 leaves. One answer of a leaf in a hundred is slow. What do a second attempt
-- and not waiting for the last leaf cost, and what do they save? From 30 s to 40 s all leaves take
-- twice as long.
local after = param("after", ms(15)) -- an answer of a leaf takes 5 to 15 ms, but for the slow ones

local function root(fields)
  local root = { model = "service", service = us(100), servers = 16, to = "leaf", fan_out = 100 }
  for name, value in pairs(fields) do root[name] = value end
  return node "root" (root)
end

return scenario {
  name = "hedging-the-tail", duration = s(60), warmup = s(5), runs = 10,

  node "users" { model = "client.open", arrivals = poisson(rate(20)), to = "root" },
  node "leaf"  { model = "service", count = 100, servers = 8,
                 service = mixture { { 0.99, uniform(ms(5), ms(15)) },
                                     { 0.01, uniform(ms(200), ms(1000)) } } },

  variant "wait for all" { root {} },
  variant "98 of 100"    { root { wait_for = 98 } },
  variant "hedged"       { root { hedge = hedge { after = after } } },
  variant "hedged, 5%"   { root { hedge = hedge { after = after, budget = percent(5) } } },

  slow { "leaf", from = s(30), to = s(40), factor = 2 },

  expect { "users.latency p50 > 200ms", to = s(30), variant = "wait for all" },
  expect { "users.latency p95 > 900ms", to = s(30), variant = "wait for all" },
  expect { "users.latency p50 < 20ms",  to = s(30), variant = "98 of 100" },
  expect { "users.latency p95 > 200ms", to = s(30), variant = "98 of 100" },
  expect { "users.latency p95 < 60ms",  to = s(30), variant = "hedged" },
  expect { "leaf.issued rate < 2100/s", to = s(30), variant = "hedged" },
  expect { "leaf.issued rate > 3000/s", from = s(30), to = s(40), variant = "hedged" },
  expect { "users.latency p95 < 60ms",  to = s(30), variant = "hedged, 5%" },
  expect { "leaf.issued rate < 2250/s", from = s(31), to = s(40), variant = "hedged, 5%" },
  plot { "users.latency p90", "leaf.throughput", against = "time", per = "variant" },
}
