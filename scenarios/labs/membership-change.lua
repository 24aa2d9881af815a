-- Two machines of a Raft group are lost for good, the first at 30 s, the second at 80 s. What is a spare
-- worth, a new machine that somebody orders, a fourth and a fifth voter?
local function replicas(fields)
  local block = { model = "store.raft", fsync = exponential(ms(2)), preferred = 1, replace_after = s(5) }
  for name, value in pairs(fields) do block[name] = value end
  return node "replica" (block)
end

-- A write at the leader: there and back, and until as many of its own and the others' disks as make a
-- majority are done. Medians of 200,000 draws of each, made apart from any simulation; ms. No write waits for
-- the fsync of another there; here 4 % of the time one is under way.
local write = { two_of_three = 3.89, both_of_two = 4.99, three_of_five = 4.04, three_of_four = 4.63,
                all_of_three = 5.99 }

local function median(name, variant, from, to)
  local low  = string.format("users.latency p50 > %.2fms", write[name] * 0.93)
  local high = string.format("users.latency p50 < %.2fms", write[name] * 1.07)
  return { expect { low, variant = variant, from = from, to = to },
           expect { high, variant = variant, from = from, to = to } }
end

return scenario {
  name = "membership-change", duration = s(120), warmup = s(5), runs = 16,

  network { latency = lognormal { median = ms(0.5), p99 = ms(4) } },
  node "users" { model = "client.open", arrivals = poisson(rate(20)), to = "replica[1]",
                 ops = { write = 1 }, keys = uniform_keys(100), timeout = s(2) },
  crash { "replica[2]", from = s(30) },
  crash { "replica[3]", from = s(80) },

  variant "three"   { replicas { count = 3 } },
  variant "spare"   { replicas { count = 4, voters = 3 } },
  variant "ordered" { replicas { count = 3, count_max = 4, voters = 3 },
                      scale { "replica", count = 4, from = s(50), boot = s(10) } },
  variant "four"    { replicas { count = 4 } },
  variant "five"    { replicas { count = 5 } },

  expect "history is linearizable",

  -- All are there.
  median("two_of_three",  "three",   s(5),  s(30)),
  median("three_of_four", "four",    s(5),  s(30)),
  median("three_of_five", "five",    s(5),  s(30)),
  -- One is lost; a spare has taken its place, where there is one.
  median("both_of_two",   "three",   s(40), s(80)),
  median("two_of_three",  "spare",   s(40), s(80)),
  median("both_of_two",   "ordered", s(40), s(60)),
  median("two_of_three",  "ordered", s(65), s(80)),
  median("all_of_three",  "four",    s(40), s(80)),
  median("three_of_four", "five",    s(40), s(80)),
  -- Two are lost.
  median("both_of_two",   "spare",   s(90), s(120)),
  median("both_of_two",   "ordered", s(90), s(120)),
  median("all_of_three",  "five",    s(90), s(120)),
  expect { "users.success ratio < 1%",    variant = "three", from = s(82) },
  expect { "users.success ratio < 1%",    variant = "four", from = s(82) },
  expect { "users.success ratio > 99.9%", variant = "spare" },
  expect { "users.success ratio > 99.9%", variant = "ordered" },
  expect { "users.success ratio > 99.9%", variant = "five" },

  expect { "replica.added total == 1",    variant = "spare" },
  expect { "replica.removed total == 1",  variant = "spare" },
  expect { "replica.added total == 1",    variant = "ordered" },
  expect { "replica.added total == 0",    variant = "four" },
  plot { "users.success ratio", "users.latency p50", against = "time", per = "variant" },
}
