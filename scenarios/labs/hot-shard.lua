-- Records are numbered as they come, and readers want the latest; or some records are popular. Four
-- shards would do for twice the load. By range or by hash, and does it help to split the hot range?
local function front(keys, by, split)
  return node "front" { model = "store.sharded", shards = { "db[1]", "db[2]", "db[3]", "db[4]" },
                        by = by, keys = keys, split_above = split, batch = 64 }
end

-- Of one shard this would be 132 % of what it can do.
local function users(keys)
  return node "users" { model = "client.open", to = "front", keys = keys, timeout = s(1),
                        arrivals = ramp { from = rate(200), to = rate(2400), over = minutes(1) },
                        ops = { read = 0.5, write = 0.4, scan = 0.1 }, scan_keys = 20 }
end

local newest = latest { n = 100e3 } -- a write makes the next key
local popular = hot_set { n = 20e3, hot = percent(5), share = percent(90) } -- the first thousand

return scenario {
  name = "hot-shard", duration = s(140), warmup = s(80), runs = 4,

  network { latency = us(250) },
  node "db" { model = "store.memory", count = 4, servers = 1, queue_limit = 500,
              service = { read = us(100), other = exponential(ms(1)) }, keys = 100e3 },

  variant "newest, range"         { front(250e3, "range"), users(newest) },
  variant "newest, range, split"  { front(250e3, "range", 1.5), users(newest) },
  variant "newest, hash"          { front(250e3, "ring"), users(newest) },
  variant "popular, range"        { front(20e3, "range"), users(popular) },
  variant "popular, range, split" { front(20e3, "range", 1.5), users(popular) },
  variant "popular, hash"         { front(20e3, "ring"), users(popular) },

  -- Whoever has the newest key has all writes, wherever the range was cut before.
  expect { "users.success ratio < 85%", variant = "newest, range" },
  expect { "users.success ratio < 95%", variant = "newest, range, split" },
  expect { "users.success ratio > 99.9%", variant = "newest, hash" },
  expect { "front.skew p50 > 300", variant = "newest, range, split" },
  expect { "front.skew p50 < 120", variant = "newest, hash" },
  -- What stays hot can be divided.
  expect { "users.success ratio < 90%", variant = "popular, range" },
  expect { "users.success ratio > 99.9%", variant = "popular, range, split" },
  expect { "users.success ratio > 99.9%", variant = "popular, hash" },
  -- By hash every scan asks all four: 4 x 0.1 instead of 0.1, beside 0.4 writes and 0.05 of reads.
  expect { "db.busy mean > 48%", variant = "popular, hash" },
  expect { "db.busy mean < 36%", variant = "popular, range, split" },

  plot { "users.success ratio", "front.moving mean", against = "time", per = "variant" },
}
