-- A shop's catalogue: three members, nearly all reads, which any of them serves. At 20 s somebody imports
-- prices for ten seconds, faster than one thread of a follower can replay. Who sees the past, and for
-- how long?
local function db(fields)
  local db = { model = "store.leader", count = 3, keys = -1, servers = 2, service = us(800), fsync = ms(1),
               replay = exponential(ms(1.5)), reads = "any" }
  for name, value in pairs(fields) do db[name] = value end
  return node "db" (db)
end

return scenario {
  name = "replication-lag", duration = s(60), warmup = s(5), runs = 4,

  network { latency = ms(0.3) },

  node "readers" { model = "client.open", arrivals = poisson(rate(3000)), ops = { read = 1 }, to = "db",
                   keys = uniform_keys(100), timeout = s(2) },
  node "admin"   { model = "client.closed", sessions = 1, think = exponential(ms(200)), to = "db",
                   ops = { read = 0.5, write = 0.5 }, keys = uniform_keys(100), timeout = s(30) },
  node "import"  { model = "client.open", arrivals = poisson(rate(100)), ops = { write = 1 }, to = "db",
                   keys = uniform_keys(100), timeout = s(2) },

  db {},
  variant "followers"      { db {} },
  variant "shared servers" { db { replay_shares = true } },
  variant "forward"        { db { behind = "forward" } },
  variant "leader"         { db { reads = "leader", servers = 6 } },

  surge { "import", from = s(20), to = s(30), factor = 12 },

  expect { "readers.stale ratio < 5%",  variant = "followers", to = s(18) },
  expect { "readers.stale ratio > 50%", variant = "followers", from = s(22), to = s(30) },
  expect { "readers.staleness p99 > 3s", variant = "followers" },
  expect { "readers.stale ratio < 5%",  variant = "followers", from = s(46) },
  -- The admin is never shown a price from before his edit: he waits for it.
  expect { "admin.latency p90 > 1s",    variant = "followers", from = s(22), to = s(30) },
  expect { "admin.latency p90 < 20ms",  variant = "forward", from = s(22), to = s(30) },
  expect { "admin.latency p90 < 20ms",  variant = "leader", from = s(22), to = s(30) },
  expect { "readers.stale ratio < 0.01%", variant = "leader" },

  -- Replay at the servers that serve reads takes one of their two for as long as it has anything to do.
  expect { "readers.latency p99 < 2ms",   variant = "followers", from = s(31), to = s(36) },
  expect { "readers.latency p99 > 2.2ms", variant = "shared servers", from = s(31), to = s(36) },

  plot { "db.unapplied", against = "time", per = "variant" },
  plot { "readers.stale ratio", against = "time", per = "variant" },
  plot { "readers.latency p99", "admin.latency mean", against = "time", per = "variant" },
}
