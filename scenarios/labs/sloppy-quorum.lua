-- Six members, three replicas of each key, two answers to a read or a write. Three members are cut
-- off from the other three for thirty seconds, with clients on both sides. A strict quorum serves the
-- keys of which it has two replicas on its side; a sloppy one serves all, and what is read is another
-- thing on each side.
local cut, healed = 20, 50 -- s
local keys = 1000
local writes = 200 -- a second, on both sides together

-- A key has two of its three replicas on either side as likely as not.
local served = 0.5
-- A read is stale when the latest write since the cut was on the other side. Each key is written at
-- rate w; seen over the time from `from` to `to` after the cut.
local w = writes / keys
local function stale(from, to)
  return (1 - (math.exp(-w * from) - math.exp(-w * to)) / (w * (to - from))) / 2
end

local function members(fields)
  local block = { model = "store.quorum", count = 6, replicas = 3, read_quorum = 2,
                  write_quorum = 2, service = us(200) }
  for name, value in pairs(fields) do block[name] = value end
  return node "member" (block)
end
local function clients(to)
  return { model = "client.open", arrivals = poisson(rate(1.5 * writes)), to = to,
           ops = { read = 2 / 3, write = 1 / 3 }, keys = uniform_keys(keys), timeout = s(3) }
end

local after = 5 -- s until all who are out of reach are suspected
local split = { from = s(cut + after), to = s(healed) }
local calm  = { from = s(healed + 25), to = s(100) } -- probes, then hints every 10 s
local function during(window, variant, text)
  return expect { text, from = window.from, to = window.to, variant = variant }
end

return scenario {
  name = "sloppy-quorum", duration = s(100), warmup = s(0), runs = 12,

  network { latency = exponential(ms(1)) },
  node "left"  (clients("member[1..3]")),
  node "right" (clients("member[4..6]")),
  partition { from = s(cut), to = s(healed), sides = { "left member[1..3]", "right member[4..6]" } },

  members {},
  variant "strict" { members {} },
  variant "sloppy" { members { sloppy = true } },

  during(split, "strict", string.format("left.success ratio > %.3f", served - 0.04)),
  during(split, "strict", string.format("left.success ratio < %.3f", served + 0.04)),
  during(split, "strict", "left.stale ratio < 1%"),
  during(split, "sloppy", "left.success ratio > 0.999"),
  during(split, "sloppy", string.format("left.stale ratio > %.3f", stale(after, 30) - 0.03)),
  during(split, "sloppy", string.format("left.stale ratio < %.3f", stale(after, 30) + 0.03)),
  during(calm, "strict", "left.success ratio > 0.999"),
  during(calm, "sloppy", "left.success ratio > 0.999"),
  during(calm, "sloppy", "left.stale ratio < 0.5%"),
  plot { "left.stale ratio", against = "time", per = "variant" },
  plot { "left.goodput", against = "time", per = "variant" },
}
