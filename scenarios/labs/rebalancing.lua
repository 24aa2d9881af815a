-- Four shards serve 3,200 operations a second, and a fifth one joins. Which placement moves what, how
-- long does it take, and what do clients see of it while their load goes on?
local keys, value = 20e3, kB(2)

local function front(by, more)
  local shards = {}
  for i = 1, 4 do shards[i] = "db[" .. i .. "]" end
  shards[5] = shard { "db[5]", from = s(20) }
  local block = { model = "store.sharded", shards = shards, by = by, keys = keys,
                  batch = 16, rate = MB(1) / s(1) }
  for name, field in pairs(more or {}) do block[name] = field end
  return node "front" (block)
end

return scenario {
  name = "rebalancing", duration = s(80), warmup = s(0), runs = 4,

  network { latency = us(250) },
  node "users" { model = "client.open", arrivals = poisson(rate(3200)), to = "front",
                 keys = uniform_keys(keys), ops = { read = 0.8, write = 0.2 }, timeout = s(2) },
  -- A shard serves 2,000 a second.
  node "db"    { model = "store.single", count = 5, servers = 2, service = exponential(ms(1)),
                 fsync = ms(1), keys = keys, value_bytes = value },

  variant "modulo"      { front("modulo") },
  variant "ring"        { front("ring") },
  variant "jump"        { front("jump") },
  variant "all at once" { front("jump", { batch = 4096, rate = GB(1) / s(1) }) },

  expect "history is linearizable",
  -- n/(n+1) of the keys against 1/(n+1), at 500 keys a second.
  expect { "front.moved ratio > 79%", variant = "modulo" },
  expect { "front.moved ratio < 82%", variant = "modulo" },
  expect { "front.moved ratio > 15%", variant = "ring" },
  expect { "front.moved ratio < 25%", variant = "ring" },
  expect { "front.moved ratio > 19%", variant = "jump" },
  expect { "front.moved ratio < 21%", variant = "jump" },
  expect { "front.move.time mean > 31.5s", variant = "modulo" },
  expect { "front.move.time mean < 10s", variant = "ring" },
  expect { "front.move.time mean < 8.5s", variant = "jump" },

  -- Nobody fails while a few keys are held at a time; with all of them, a fifth of what is asked does,
  -- but for the last second.
  expect { "users.success ratio > 99.9%", variant = "modulo" },
  expect { "users.success ratio > 99.9%", variant = "ring" },
  expect { "users.success ratio > 99.9%", variant = "jump" },
  expect { "users.success ratio < 88%", from = s(20), to = s(24), variant = "all at once" },
  -- Where a fifth one takes it all it has 500 x 2 requests for copies a second, and at the end 640 of
  -- clients: 82 % of what it can do. Under modulo all five take a part.
  expect { "users.latency p99 < 10ms", from = s(20), to = s(52), variant = "modulo" },
  expect { "users.latency p99 > 10ms", from = s(24), to = s(27), variant = "ring" },
  expect { "users.latency p99 > 10ms", from = s(24), to = s(27), variant = "jump" },
  expect { "users.latency p99 < 15ms", from = s(24), to = s(27), variant = "ring" },
  expect { "users.latency p99 < 15ms", from = s(24), to = s(27), variant = "jump" },
  expect { "users.latency p99 < 8ms", from = s(5), to = s(20) },

  plot { "users.latency p99", "front.moving mean", against = "time", per = "variant" },
}
