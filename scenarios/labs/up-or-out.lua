-- Eight times the work of one core: a machine with eight cores, or eight machines with one? What does
-- each cost in latency, and what does it cost when a machine is gone for a minute?
local load = param("load", 640) -- requests a second; a core does 100
local cores, work = 8, 0.010    -- s

-- Erlang's C: the share that waits before c servers of which each is busy to rho (M/M/c).
local function erlang_c(c, rho)
  local blocked = 1 -- Erlang's B, one server after another
  for servers = 1, c do blocked = c * rho * blocked / (servers + c * rho * blocked) end
  return blocked / (1 - rho * (1 - blocked))
end
local rho = load * work / cores
local up = work * (1 + erlang_c(cores, rho) / (cores * (1 - rho))) -- one queue for all
local out = work / (1 - rho)                                       -- eight, each with its own

local function machines(count, servers, policy)
  return { node "app" { model = "service", count = count, servers = servers, service = exponential(s(work)),
                        queue_limit = 200 },
           node "door" { model = "balancer", to = "app", policy = policy } }
end

-- Of what was answered: at 8 min, when the machine dies, it takes what it was working on with it.
local function mean(comparison, seconds, variant)
  return expect { string.format("users.latency.answered mean %s %.2fms", comparison, seconds * 1e3),
                  to = minutes(8), variant = variant }
end

return scenario {
  name = "up-or-out", duration = minutes(12), warmup = s(20), runs = 6,

  node "users" { model = "client.open", arrivals = poisson(rate(load)), to = "door", timeout = s(5) },

  variant "up"                 { machines(1, cores) },
  variant "out, random"        { machines(cores, 1, "random") },
  variant "out, round robin"   { machines(cores, 1, "round_robin") },
  variant "out, two choices"   { machines(cores, 1, "two_choices") },
  variant "out, least"         { machines(cores, 1, "least_connections") },

  crash { "app[1]", from = minutes(8), to = minutes(9) },

  mean(">", up * 0.95, "up"), mean("<", up * 1.05, "up"),
  mean(">", out * 0.95, "out, random"), mean("<", out * 1.05, "out, random"),
  mean("<", out, "out, round robin"), mean("<", 2 * up, "out, two choices"),
  -- One queue for all is the best there is, and asking who is the least busy comes near it.
  mean(">", up, "out, least"), mean("<", 1.5 * up, "out, least"),
  -- The one machine is everybody's; of eight, seven are left, 91 % busy.
  expect { "users.success ratio < 1%",  from = minutes(8), to = minutes(9), variant = "up" },
  expect { "users.success ratio > 99%", from = minutes(8), to = minutes(9), variant = "out, least" },
  expect { "users.success ratio > 99%", from = minutes(8), to = minutes(9), variant = "out, two choices" },

  plot { "users.latency p99", "users.goodput", against = "time", per = "variant" },
}
