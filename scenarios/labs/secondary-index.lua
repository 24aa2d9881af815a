-- One operation in five asks for something else than the key. Every shard can keep an index of its own
-- keys (local), or the index is divided by what is asked for and kept by stores of its own (global).
-- The load grows with the number of shards: which of them does, too?
local n = param("shards", 4)

local function shards(name)
  local list = {}
  for i = 1, n do list[i] = name .. "[" .. i .. "]" end
  return list
end

local function users(to)
  return node "users" { model = "client.open", arrivals = poisson(rate(250 * n)), to = to,
                        ops = { read = 0.5, write = 0.3, scan = 0.2 }, keys = uniform_keys(100e3),
                        timeout = s(1) }
end

local function global(mode)
  return variant("global, " .. mode) {
    users "front",
    node "front"   { model = "store.view", base = "data", view = "terms", mode = mode, groups = 1000 },
    node "terms" { model = "store.sharded", shards = shards "index", by = "ring", keys = 1000 },
    node "index"   { model = "store.memory", count = n, queue_limit = 500, keys = -1,
                     service = exponential(ms(1)) },
  }
end

return scenario {
  name = "secondary-index", duration = s(40), warmup = s(5), runs = 4,

  network { latency = us(250) },
  node "data" { model = "store.sharded", shards = shards "db", by = "ring", keys = 100e3 },
  node "db"   { model = "store.memory", count = n, queue_limit = 500, keys = -1,
                service = exponential(ms(1)) },

  variant "local" { users "data" },
  global "async", global "sync",

  sweep { shards = { 2, 4, 8, 16 } },
  -- A shard has 200 other operations a second, and of 50 n queries all, or those for its own terms.
  expect { string.format("db.busy mean > %.2f", math.min(0.95, 0.18 + 0.0485 * n)), variant = "local" },
  expect { "db.busy mean < 21%", variant = "global, async" },
  expect { "db.busy mean < 21%", variant = "global, sync" },
  expect { "users.latency p99 < 8ms", variant = "global, async" },
  expect { "users.latency p99 < 10ms", variant = "global, sync" },
  n == 16 and expect { "users.latency p99 > 100ms", variant = "local" } or {},

  -- An answer that is behind: for the 2.3 ms that an update takes, of a term that is written 0.08 n
  -- times a second.
  expect { "front.lag mean < 3ms", variant = "global, async" },
  expect { "front.queries.behind ratio < 0.5%", variant = "global, async" },

  plot { "users.latency p99", "db.busy mean", against = "shards", per = "variant" },
}
