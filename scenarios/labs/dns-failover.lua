-- A name leads to the first of two sites, or to the second once health checks have found the first
-- ill. The first is gone without a word. How long do users go on asking it?
local gone = param("gone", 100) -- s; the site is back 400 s later
local load = 20                 -- requests a second

-- The first site is checked at 15, 45, 75 s, ...; the third check after it is gone ends 4 s late.
local interval, timeout, fall = 30, 4, 3
local detected = (math.floor((gone - 15) / interval) + fall) * interval + 15 + timeout

-- An answer that is asked for at 0 is asked for again every `ttl`: the first time that finds the
-- checks done ends the outage.
local function outage(ttl) return math.ceil(detected / ttl) * ttl - gone end

local function zone_file(ttl)
  return node "dns" { model = "dns", to = "first second", policy = "failover", ttl = s(ttl),
                      check_interval = s(interval), check_timeout = s(timeout), fall = fall }
end
local function resolver(fields)
  local block = { model = "cache", capacity = 1000, coalesce = true, miss_to = "dns" }
  for name, value in pairs(fields) do block[name] = value end
  return node "resolver" (block)
end
local function names(fields)
  local block = { model = "dns.client", to = "first second", resolver = "resolver", on = "desk" }
  for name, value in pairs(fields) do block[name] = value end
  return node "names" (block)
end

-- Seconds that users fail for, between what the formula says and 3 s more: each time an answer is
-- renewed that is a little later, when the next request comes and the question is on its way.
local function lasts(variant, seconds)
  return {
    expect { string.format("users.failed total >= %d", load * seconds), variant = variant },
    expect { string.format("users.failed total <= %d", load * (seconds + 3)), variant = variant },
  }
end

return scenario {
  name = "dns-failover", duration = s(900), warmup = s(0), runs = 2,

  network { latency = ms(5) },
  machine "desk" {},
  node "users"  { model = "client.open", arrivals = regular(rate(load)), to = "names", on = "desk",
                  timeout = s(1) },
  node "first"  { model = "service", service = ms(2), servers = 4 },
  node "second" { model = "service", service = ms(2), servers = 4 },

  variant "ttl 30 s"              { zone_file(30), resolver {}, names {} },
  variant "ttl 300 s"             { zone_file(300), resolver {}, names {} },
  variant "resolver keeps 120 s"  { zone_file(30), resolver { ttl_min = s(120) }, names {} },
  variant "client keeps for ever" { zone_file(30), resolver {}, names { ttl_min = none } },

  crash { "first", from = s(gone), to = s(gone + 400), silent = true },
  sweep { gone = { 100, 170, 240, 310, 380 } },

  lasts("ttl 30 s", outage(30)),
  lasts("ttl 300 s", outage(300)),
  lasts("resolver keeps 120 s", outage(120)),
  lasts("client keeps for ever", 400),
  plot { "users.failed total", against = "gone", per = "variant" },
}
