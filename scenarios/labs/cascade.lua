-- A feed asks recommendation and trending, both ask posts, posts asks profiles, profiles one database,
-- which is slow for half a minute. Who falls with it? And with breakers before the database, whose
-- state is each one's own, or lies in a store that all of them poll?
local load = param("load", 600) -- readers a second; two in three of them need the database

local function tier(name, fields)
  local tier = { model = "service", service = ms(2), servers = 8, slots = 100, queue_limit = 100 }
  for field, value in pairs(fields) do tier[field] = value end
  return node(name)(tier)
end

local function profiles(to)
  return tier("profiles", { to = to, timeout = s(1) })
end

local function gate(fields)
  local gate = { model = "breaker", to = "database", count = 20, timeout = s(1),
                 window = s(2), minimum = 5, slower_than = ms(100), open_for = s(5) }
  for field, value in pairs(fields) do gate[field] = value end
  return node "gate" (gate)
end

return scenario {
  name = "cascade", duration = s(100), warmup = s(0), runs = 5,

  network { latency = us(200) },
  node "readers"  { model = "client.open", arrivals = poisson(rate(load)), to = "feed",
                    timeout = s(2) },
  tier("feed", { calls = parallel { call { "recommendation", chance = percent(40) },
                                    call { "trending", chance = percent(40) } } }),
  tier("recommendation", { to = "posts" }),
  tier("trending", { to = "posts" }),
  tier("posts", { to = "profiles" }),
  node "database" { model = "service", service = exponential(ms(5)), servers = 10 },

  variant "without breakers" { profiles "database" },
  variant "breakers"         { profiles "gate", gate {} },
  variant "shared state"     { profiles "gate", gate { shared = "state", poll = ms(500) },
                               node "state" { model = "store.counter" } },

  slow { "database", from = s(30), to = s(60), factor = 50 },

  expect { "feed.slots mean > 95%",        from = s(35), to = s(60), variant = "without breakers" },
  expect { "readers.goodput mean < 100/s", from = s(35), to = s(60), variant = "without breakers" },
  expect { "feed.slots mean < 15%",        from = s(35), to = s(60), variant = "breakers" },
  expect { "readers.goodput mean > 200/s", from = s(35), to = s(60), variant = "breakers" },
  expect { "readers.goodput mean < 400/s", from = s(60), to = s(65), variant = "breakers" },
  expect { "feed.slots mean < 30%",        from = s(35), to = s(60), variant = "shared state" },
  expect { "readers.goodput mean > 200/s", from = s(35), to = s(60), variant = "shared state" },
  expect { "readers.goodput mean > 585/s", from = s(70) },
  plot { "readers.goodput", "feed.slots", against = "time", per = "variant" },
}
