-- Six things that a read can ask for, of one store with a leader and two followers that fall behind. What does
-- each cost in latency, what does it promise, and who is served while a follower is cut off?
local function asks(name, consistency)
  return variant(name) { node "users" { model = "client.closed", sessions = 20, think = exponential(ms(100)),
    to = "db", choose = "random", ops = { read = 0.8, write = 0.2 }, keys = uniform_keys(5), timeout = s(1),
    consistency = consistency, staleness = ms(500) } }
end

return scenario {
  name = "six-guarantees", duration = s(60), warmup = s(5), runs = 4,

  network { latency = lognormal { median = ms(10), p99 = ms(30) } },

  node "db"    { model = "store.leader", count = 3, mode = "async", reads = "any", behind = "wait",
                 heartbeat = ms(100), detect = s(1), fsync = exponential(ms(2)),
                 replay = exponential(ms(2)), keys = -1 },
  -- They ask another member each time, so that a session meets members that know less than the last.
  node "users" { model = "client.closed", sessions = 20, think = exponential(ms(100)), to = "db" },

  asks("strong", "strong"), asks("bounded staleness", "bounded_staleness"),
  asks("consistent prefix", "consistent_prefix"), asks("monotonic reads", "monotonic_reads"),
  asks("read my writes", "read_my_writes"), asks("eventual", "eventual"),

  partition { from = s(30), to = s(40), sides = { "db[3]", "db[1..2]" } },

  expect { "history is linearizable", variant = "strong" },
  expect { "history is at most 1s stale", variant = "bounded staleness" },
  expect { "history has monotonic reads", variant = "monotonic reads" },
  expect { "history has no read-my-writes", variant = "monotonic reads" },
  expect { "history has read-my-writes", variant = "read my writes" },
  expect { "history has no monotonic reads", variant = "read my writes" },
  expect { "history has no monotonic reads", variant = "eventual" },
  expect { "history has no read-my-writes", variant = "eventual" },
  expect { "history is more than 1s stale", variant = "eventual" },

  expect { "users.latency p50 < 28ms", variant = "eventual", to = s(30) },
  expect { "users.latency p50 > 33ms", variant = "strong", to = s(30) },
  expect { "users.success ratio > 90%", variant = "eventual", from = s(31), to = s(40) },
  expect { "users.success ratio < 80%", variant = "strong", from = s(31), to = s(40) },

  plot { "users.success ratio", "users.stale ratio", against = "time", per = "variant" },
}
