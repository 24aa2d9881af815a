-- Two thousand seats, two hundred sellers in five offices, and machines that stand still for a second or two now
-- and then. How many seats are sold twice, and what does it cost that none is?
local seats = 2000

local function offices(scheme)
  return node "office" { model = "client.locking", count = 5, sessions = 40, think = exponential(ms(100)),
                         work = exponential(ms(400)), to = "seats", lock = "locks", scheme = scheme,
                         keys = uniform_keys(seats), lease = s(1), poll = ms(50) }
end

return scenario {
  name = "ticket-sale", duration = s(45), warmup = s(0), runs = 3,

  network { latency = lognormal { median = ms(0.5), p99 = ms(3) } },

  node "seats" { model = "store.single", fsync = ms(1) },
  node "locks" { model = "store.single", fsync = ms(1) },
  offices("none"),

  variant "none"     { offices("none") },
  variant "lock"     { offices("lock") },
  variant "fencing"  { offices("fencing") },
  variant "versions" { offices("versions") },

  -- Long collections of garbage, migrations of virtual machines.
  pause { "office", mttf = exponential(s(8)), mttr = exponential(s(2)), to = s(38) },

  expect { "seats.commits total > 2050",     variant = "none" },
  expect { "seats.commits total > 2005",     variant = "lock" },
  expect { "history is not linearizable",    variant = "lock" },
  expect { "office.refused_late total == 0", variant = "lock" },
  expect { "seats.commits total <= 2000",    variant = "fencing" },
  expect { "history is not linearizable",    variant = "fencing" },   -- two do hold it at once
  expect { "office.refused_late total > 0",  variant = "fencing" },
  expect { "seats.commits total <= 2000",    variant = "versions" },
  expect { "office.refused_late total > 20", variant = "versions" },

  plot { "office.sold", "office.latency p90", "office.refused_late", against = "time", per = "variant" },
}
