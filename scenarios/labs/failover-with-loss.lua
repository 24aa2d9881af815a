-- Three data centres, 20 ms apart, one leader. At 20 s that of the leader is cut off, a second later its
-- power fails too; all is back at 40 s. What had been acknowledged and is gone, and what does it cost that
-- nothing is?
local function db(fields)
  local db = { model = "store.leader", count = 3, fsync = exponential(ms(2)), heartbeat = ms(500), detect = s(3),
               election = ms(500) }
  for name, value in pairs(fields) do db[name] = value end
  return node "db" (db)
end

return scenario {
  name = "failover-with-loss", duration = s(60), warmup = s(0), runs = 6,

  network { latency = lognormal { median = ms(20), p99 = ms(30) } },

  -- Beside the leader, and beside the others.
  node "near" { model = "client.open", arrivals = poisson(rate(100)), ops = { read = 0.5, write = 0.5 },
                to = "db[1]", keys = uniform_keys(500), timeout = s(2) },
  node "far"  { like = "near", to = "db[2..3]" },

  variant "async"     { db { mode = "async" } },
  variant "semi-sync" { db { mode = "semi_sync", acks = 1 } },
  variant "sync"      { db { mode = "sync" } },

  partition { from = s(20), to = s(40), sides = { "db[1] near", "db[2..3] far" } },
  crash { "db[1]", from = s(21), to = s(40), silent = true },

  expect { "db.lost.writes total > 0",    variant = "async" },
  expect { "history is not linearizable", variant = "async" },
  expect { "db.lost.writes total == 0",   variant = "semi-sync" },
  expect { "history is linearizable",     variant = "semi-sync" },
  expect { "db.lost.writes total == 0",   variant = "sync" },
  expect { "history is linearizable",     variant = "sync" },
  expect "db.promotions total == 1",
  expect { "far.success ratio < 2%",   from = s(20.5), to = s(22) },
  expect { "far.success ratio > 99%",  from = s(28), to = s(40) },
  expect { "near.success ratio > 99%", from = s(45) },
  expect { "near.latency p90 < 60ms",  variant = "async", to = s(18) },
  expect { "near.latency p90 > 70ms",  variant = "semi-sync", to = s(18) },
  expect { "near.latency p90 > 80ms",  variant = "sync", to = s(18) },
  -- `sync` has the new leader wait for the old one until it has been silent for `detect`.
  expect { "far.success ratio > 99%",  from = s(25), to = s(27), variant = "async" },
  expect { "far.success ratio < 99%",  from = s(25), to = s(27), variant = "sync" },

  plot { "far.success ratio", "near.latency p90", against = "time", per = "variant" },
  plot { "db.dropped", "db.lost.writes", against = "time", per = "variant" },
}
