-- Likes are counted at five members, 500 a second, on ten counters. From 20 s to 40 s two members are
-- cut off from the other three, with users on both sides. A CRDT counter keeps what each member has
-- counted apart and has all of them in the end; a number in a register has what the last write says.
local cut, healed, duration = 20, 40, 60 -- s
local likes = { majority = 300, minority = 200 } -- a second
local all = (likes.majority + likes.minority) * duration

local function members(kind)
  return node "member" { model = "store.multi_leader", count = 5, kind = kind, service = us(100) }
end
local function users(likes, to)
  return { model = "client.open", arrivals = regular(rate(likes)), ops = { increment = 1 },
           keys = uniform_keys(10), to = to, timeout = s(1) }
end

-- What five members hold at the end, as a share of all likes: half a second before it, on average.
local final = { from = s(duration - 1), to = s(duration) }
local held = 5 * all * (1 - 0.5 / duration)
local function finally(variant, comparison, share)
  return expect { string.format("member.counted mean %s %.0f", comparison, share * held),
                  from = final.from, to = final.to, variant = variant }
end

return scenario {
  name = "crdt-counter", duration = s(duration), warmup = s(0), runs = 8,
  network { latency = exponential(ms(1)) },
  node "majority" (users(likes.majority, "member[1..3]")),
  node "minority" (users(likes.minority, "member[4..5]")),
  partition { from = s(cut), to = s(healed),
              sides = { "majority member[1..3]", "minority member[4..5]" } },

  members "g_counter",
  variant "counter"    { members "g_counter" },
  variant "last write" { members "last_write_wins" },

  expect "majority.success ratio >= 0.9999",
  expect "minority.success ratio >= 0.9999",
  finally("counter", ">", 0.999),
  finally("counter", "<", 1.001),
  finally("last write", "<", 0.85),
  plot { "member.counted", against = "time", per = "variant" },
}
