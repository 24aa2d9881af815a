-- Eight sessions on three replicas that know of writes a little later than one another. A session asks another
-- replica each time, or always the same one, or brings along what it has seen. Does it read its own writes, and does
-- what it reads ever go back?
local function between(one, other)
  return link { one, other, latency = lognormal { median = ms(20), p99 = ms(60) } }
end
local places = { "a", "b", "c" }
local function leader()
  return node "db" { model = "store.leader", count = 3, zone = places, mode = "async", reads = "any",
                     fsync = exponential(ms(2)), replay = exponential(ms(4)), heartbeat = ms(100), detect = s(1) }
end
local function replicas()
  return node "db" { model = "store.quorum", count = 3, zone = places, read_quorum = 1, write_quorum = 1,
                     read_repair = percent(0), fsync = exponential(ms(2)), timeout = ms(500) }
end
local function sessions(choose, consistency)
  return node "users" { model = "client.closed", sessions = 8, think = exponential(ms(10)), to = "db",
                        zone = "outside", choose = choose, consistency = consistency, ops = { read = 0.7, write = 0.3 },
                        keys = uniform_keys(5), timeout = s(1), retry = retry { max = 5, backoff = ms(5) } }
end
local away = crash { "db[3]", from = s(15), to = s(25) }

local function promises(variant, own, forward)
  return { expect { own and "history has read-my-writes" or "history has no read-my-writes", variant = variant },
           expect { forward and "history has monotonic reads" or "history has no monotonic reads", variant = variant } }
end

return scenario {
  name = "sessions", duration = s(40), warmup = s(0), runs = 4,

  -- Replicas are further from one another than from their users.
  network { latency = ms(2), zones = { "outside", "a", "b", "c" },
            between("a", "b"), between("b", "c"), between("a", "c") },

  leader(), sessions("random", "eventual"),

  variant "leader, anywhere"    { leader(), sessions("random", "eventual") },
  variant "leader, sticky"      { leader(), sessions("session", "eventual") },
  variant "leader, token"       { leader(), sessions("random", "session") },
  variant "replicas, anywhere"  { replicas(), sessions("random", "eventual") },
  variant "replicas, sticky"    { replicas(), sessions("session", "eventual") },
  variant "pinned, one away"    { replicas(), sessions("pinned", "eventual"), away },
  variant "sticky, one away"    { replicas(), sessions("session", "eventual"), away },
  variant "anywhere, one away"  { replicas(), sessions("random", "eventual"), away },

  promises("leader, anywhere", false, false),
  promises("leader, sticky", false, true),
  promises("leader, token", true, true),
  promises("replicas, anywhere", false, false),
  promises("replicas, sticky", true, true),
  promises("pinned, one away", true, true),
  promises("anywhere, one away", false, false),

  -- Two of eight sessions belong to the third replica. Pinned to it they have nobody else to ask; else they move,
  -- and for once are shown less than they have seen.
  expect { "users.success ratio < 97%", from = s(15), to = s(25), variant = "pinned, one away" },
  expect { "users.goodput mean < 420/s", from = s(15), to = s(25), variant = "pinned, one away" },
  expect { "users.success ratio > 99%", from = s(15), to = s(25), variant = "sticky, one away" },
  expect { "users.goodput mean > 420/s", from = s(15), to = s(25), variant = "sticky, one away" },
  expect { "users.goodput mean > 350/s", from = s(15), to = s(25), variant = "anywhere, one away" },
  expect { "users.success ratio > 99%", from = s(15), to = s(25), variant = "anywhere, one away" },
  expect { "users.missed_own ratio > 1%", variant = "leader, anywhere" },
  expect { "users.missed_own ratio > 1%", variant = "leader, sticky" },
  expect { "users.missed_own ratio < 0.1%", variant = "replicas, sticky" },
  expect { "users.latency p90 > 40ms", variant = "leader, token" },

  plot { "users.missed_own ratio", against = "users.went_back ratio", title = "Sessions that are shown the past" },
  plot { "users.missed_own ratio", "users.goodput", against = "time", per = "variant",
         title = "Reads that miss their own session's writes, and what is served" },
}
