-- Five replicas, read and written by majorities, are split 3/2 for ten seconds. What do clients on each
-- side see, and does any read go back in time? Is it enough that quorums meet?
local function replicas(protocol)
  return node "replica" { model = "store.quorum", count = 5, read_quorum = 3, write_quorum = 3,
                          protocol = protocol, fsync = exponential(ms(2)), read_repair = percent(0) }
end

return scenario {
  name = "quorum-partition", duration = s(60), warmup = s(5), runs = 6,

  network { latency = lognormal { median = ms(0.5), p99 = ms(4) }, loss = percent(0.01) },

  node "majority" { model = "client.closed", sessions = 30, to = "replica[1..3]",
                    think = exponential(ms(10)), ops = { read = 0.9, write = 0.1 },
                    keys = uniform_keys(100), timeout = ms(200) },
  node "minority" { like = "majority", sessions = 20, to = "replica[4..5]" },

  variant "abd"             { replicas("abd") },
  variant "last write wins" { replicas("last_write_wins") },

  partition { from = s(20), to = s(30),
              sides = { "replica[1..3] majority", "replica[4..5] minority" } },

  expect { "history is linearizable",     variant = "abd" },
  expect { "history is not linearizable", variant = "last write wins" },
  expect "majority.success ratio >= 0.999",
  expect { "minority.success ratio <= 0.01",  from = s(21), to = s(30) },
  expect { "minority.success ratio >= 0.999", from = s(35) },   -- connections need time to notice

  plot { "majority.success ratio", "minority.success ratio", "majority.latency p99",
         against = "time", per = "variant" },
}
