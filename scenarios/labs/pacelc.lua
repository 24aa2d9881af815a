-- Three regions, 40 ms apart, three members. What does consistency cost when nothing is wrong, and what does
-- it cost when one region is away for ten of eighty seconds? Stores with one leader and stores of quorums,
-- side by side.
local function leader(name, fields)
  local db = { model = "store.leader", count = 3, fsync = exponential(ms(2)), heartbeat = ms(300), detect = s(2),
               election = ms(500) }
  for key, value in pairs(fields) do db[key] = value end
  return variant(name) { node "db" (db) }
end

local function quorum(read, write, protocol)
  local name = string.format("quorum R=%d W=%d%s", read, write, protocol and " abd" or "")
  return variant(name) { node "db" { model = "store.quorum", count = 3, fsync = exponential(ms(2)), timeout = s(1),
                                     read_quorum = read, write_quorum = write,
                                     protocol = protocol or "last_write_wins" } }
end

local function calm(text, name) return expect { text, variant = name, to = s(38) } end
local function away(text, name) return expect { text, variant = name, from = s(40), to = s(49) } end

return scenario {
  name = "pacelc", duration = s(80), warmup = s(5), runs = 4,

  network { latency = lognormal { median = ms(40), p99 = ms(60) } },

  node "db" { model = "store.leader", count = 3 },
  -- They ask any member, 40 ms away like everybody: 80 ms are the least that anything takes.
  node "users" { model = "client.open", arrivals = poisson(rate(150)), to = "db",
                 ops = { read = 0.8, write = 0.2 }, keys = uniform_keys(10), timeout = s(1) },

  leader("leader, async, reads anywhere", { mode = "async", reads = "any" }),
  leader("leader, async, reads there",    { mode = "async" }),
  leader("leader, one ack, reads there",  { mode = "semi_sync", acks = 1 }),
  leader("leader, all acks, reads there", { mode = "sync" }),
  quorum(1, 1), quorum(2, 1), quorum(1, 2), quorum(2, 2), quorum(1, 3), quorum(3, 1),
  quorum(2, 2, "abd"),

  partition { from = s(40), to = s(50), sides = { "db[3]", "db[1..2]" } },

  -- Else: latency against consistency.
  calm("users.latency p50 < 90ms",  "leader, async, reads anywhere"),
  calm("users.latency p50 > 120ms", "leader, async, reads there"),
  calm("users.latency p50 < 90ms",  "quorum R=1 W=1"),
  calm("users.latency p50 > 140ms", "quorum R=2 W=2"),
  calm("users.latency p90 > 230ms", "quorum R=2 W=2 abd"),
  calm("users.stale ratio > 0.1%",  "leader, async, reads anywhere"),
  calm("users.stale ratio < 0.05%", "leader, one ack, reads there"),
  calm("users.stale ratio > 0.1%",  "quorum R=1 W=1"),
  calm("users.stale ratio < 0.05%", "quorum R=2 W=2 abd"),
  -- Partition: availability against consistency.
  away("users.success ratio > 99.5%", "quorum R=1 W=1"),
  away("users.stale ratio > 5%",      "quorum R=1 W=1"),
  away("users.success ratio < 70%",   "quorum R=2 W=2"),
  away("users.success ratio < 90%",   "leader, one ack, reads there"),
  away("users.success ratio > 85%",   "leader, async, reads anywhere"),

  plot { "users.latency p50", "users.stale ratio", "users.success ratio", against = "time", per = "variant" },
}
