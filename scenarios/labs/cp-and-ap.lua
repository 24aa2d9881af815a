-- One partition of ten seconds, five members, three of them on one side; the same clients, four stores. Who
-- is served, and who is told the truth?
local function leader(fields)
  local db = { model = "store.leader", count = 5, fsync = exponential(ms(2)), heartbeat = ms(200), detect = s(1),
               election = ms(300) }
  for name, value in pairs(fields) do db[name] = value end
  return node "db" (db)
end

local function quorum(fields)
  local db = { model = "store.quorum", count = 5, fsync = exponential(ms(2)), timeout = ms(500) }
  for name, value in pairs(fields) do db[name] = value end
  return node "db" (db)
end

return scenario {
  name = "cp-and-ap", duration = s(50), warmup = s(5), runs = 4,

  network { latency = lognormal { median = ms(0.5), p99 = ms(4) } },

  node "majority" { model = "client.closed", sessions = 15, to = "db[3..5]", think = exponential(ms(20)),
                    ops = { read = 0.8, write = 0.2 }, keys = uniform_keys(100), timeout = ms(500) },
  node "minority" { like = "majority", sessions = 10, to = "db[1..2]" },

  leader {},
  variant "CP: leader"       { leader { mode = "semi_sync", acks = 2 } },
  variant "CP: quorum, abd"  { quorum { protocol = "abd" } },
  variant "AP: quorum, one"  { quorum { read_level = "one", write_level = "one" } },
  variant "AP: two leaders"  { leader { mode = "async", reads = "any", fencing = false } },

  partition { from = s(20), to = s(30), sides = { "db[1..2] minority", "db[3..5] majority" } },

  expect { "history is linearizable",     variant = "CP: leader" },
  expect { "history is linearizable",     variant = "CP: quorum, abd" },
  expect { "history is not linearizable", variant = "AP: quorum, one" },
  expect { "history is not linearizable", variant = "AP: two leaders" },
  expect { "minority.success ratio <= 1%",  variant = "CP: leader", from = s(22), to = s(29) },
  expect { "minority.success ratio <= 1%",  variant = "CP: quorum, abd", from = s(22), to = s(29) },
  expect { "minority.success ratio >= 99%", variant = "AP: quorum, one", from = s(22), to = s(29) },
  expect { "minority.success ratio >= 99%", variant = "AP: two leaders", from = s(22), to = s(29) },
  expect { "majority.success ratio >= 99%", from = s(23), to = s(29) },
  expect { "minority.success ratio >= 99%", variant = "CP: leader", from = s(38) },
  expect { "minority.success ratio >= 99%", variant = "CP: quorum, abd", from = s(38) },
  expect { "minority.success ratio >= 99%", variant = "AP: quorum, one", from = s(38) },
  -- There are still two leaders, and sessions that have seen the one wait for ever at the other.
  expect { "minority.success ratio < 90%",  variant = "AP: two leaders", from = s(38) },

  plot { "minority.success ratio", "majority.success ratio", against = "time", per = "variant" },
  plot { "majority.stale ratio", against = "time", per = "variant" },
}
