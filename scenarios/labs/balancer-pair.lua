-- Two balancers behind one address. Active-passive: one carries all, the other stands by. Active-active:
-- each carries half. One is gone without a word at 60 s, for two minutes. Who notices, for how long, and
-- is the other one enough?
local load = param("load", 600) -- requests a second; a balancer can carry 800

-- The address moves when three checks in a row, a second apart, have failed (as in VRRP: advertisements
-- each second, down after three). It sees connections only, and costs nothing itself.
local function address(fields)
  local block = { model = "balancer", to = "balancer", layer = "l4",
                  check_interval = s(1), check_timeout = ms(500), fall = 3, rise = 2 }
  for name, value in pairs(fields) do block[name] = value end
  return node "address" (block)
end

-- The last of the three checks is sent 2 to 3 s after the balancer is gone, and fails half a second later.
-- What was sent up to then, or to that half of the users who go there, is lost.
local function outage(variant, share)
  return {
    expect { string.format("users.failed total > %d", load * share * 2.3), variant = variant },
    expect { string.format("users.failed total < %d", load * share * 3.7), variant = variant },
  }
end

-- As long as both are there: M/M/1 at the only one, or at each with half the load.
local function before(variant, busy)
  return expect { string.format("balancer[1].busy mean > %.1f%%", 95 * busy), to = s(60),
                  variant = variant }
end

-- While one is gone.
local function meanwhile(text)
  return { expect { text, from = s(70), to = s(180) } }
end

return scenario {
  name = "balancer-pair", duration = s(240), warmup = s(20), runs = 4,

  network { latency = us(200) },
  node "users"    { model = "client.open", arrivals = poisson(rate(load)), sessions = 2000,
                    to = "address", timeout = ms(500) },
  node "balancer" { model = "balancer", count = 2, to = "web", policy = "least_connections",
                    cost = exponential(ms(1.25)), queue_limit = 200, per_member = true },
  node "web"      { model = "service", count = 4, servers = 2, service = exponential(ms(2)) },

  variant "active-passive" { address { policy = "active_passive" } },
  variant "active-active"  { address { policy = "maglev", hash_by = "session" } },

  crash { "balancer[1]", from = s(60), to = s(180), silent = true },
  sweep { load = { 600, 1000 } },

  load < 800 and {
    before("active-passive", load / 800), before("active-active", load / 1600),
    outage("active-passive", 1), outage("active-active", 0.5),
    meanwhile("users.success ratio > 99.9%"),
  } or {
    before("active-active", load / 1600),
    expect { "users.goodput mean < 900/s", variant = "active-passive" },
    expect { "users.success ratio > 99.9%", to = s(60), variant = "active-active" },
    meanwhile("users.success ratio < 85%"), meanwhile("balancer[2].busy mean > 90%"),
  },
  plot { "users.errors", "balancer[1].busy", "balancer[2].busy", against = "time", per = "variant" },
}
