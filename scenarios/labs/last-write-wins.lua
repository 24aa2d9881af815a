-- Two members take writes to the same thousand keys, 500 a second each, and the later write wins, by
-- the clock of the member that took it. The clock of the second one is ahead. Whatever the first one
-- takes of a key within that time after the second one has written it is acknowledged and lost.
local writes, keys = 500, 1000
local w = writes / keys -- to a key, a second, at one member

local function lost(ahead)
  return 1 - math.exp(-w * ahead)
end
local function writers(to)
  return { model = "client.open", arrivals = poisson(rate(writes)), ops = { write = 1 },
           keys = uniform_keys(keys), to = to, timeout = s(1) }
end
local function apart(ahead)
  return clock { "member[2]", from = s(0), shift = s(ahead) }
end
local function near(name, ahead)
  local dropped = writes * lost(ahead)
  return { expect { string.format("member.dropped rate > %.1f/s", 0.95 * dropped),
                    variant = name, from = s(10), to = s(40) },
           expect { string.format("member.dropped rate < %.1f/s", 1.05 * dropped),
                    variant = name, from = s(10), to = s(40) } }
end

return scenario {
  name = "last-write-wins", duration = s(40), warmup = s(0), runs = 8,
  network { latency = us(100) },
  node "member" { model = "store.multi_leader", count = 2, kind = "last_write_wins" },
  node "first"  (writers("member[1]")),
  node "second" (writers("member[2]")),

  variant "right"       { apart(0) },
  variant "0.1 s ahead" { apart(0.1) },
  variant "1 s ahead"   { apart(1) },
  variant "5 s ahead"   { apart(5) },

  expect "first.success ratio >= 0.9999", -- nobody is told
  expect { "member.dropped rate < 1/s", variant = "right" },
  near("0.1 s ahead", 0.1),
  near("1 s ahead", 1),
  near("5 s ahead", 5),
  plot { "member.dropped rate", against = "time", per = "variant" },
}
