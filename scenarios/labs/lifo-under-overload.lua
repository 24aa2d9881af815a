-- A burst of 10 s fills the queue, and clients wait one second at most. Whom should a service serve
-- next: who has waited longest, or who came last?
local burst = param("burst", 1.5) -- of what the service can do

local function api(fields)
  local api = { model = "service", servers = 10, service = exponential(ms(10)) }
  for name, value in pairs(fields) do api[name] = value end
  return node "api" (api)
end

return scenario {
  name = "lifo-under-overload", duration = s(60), warmup = s(0), runs = 10,

  node "clients" { model = "client.open", arrivals = poisson(rate(900)), to = "api",
                   timeout = s(1) },

  variant "fifo"       { api {} },
  variant "lifo"       { api { discipline = "lifo" } },
  variant "short queue" { api { queue_limit = 100 } },
  variant "codel"      { api { shed = codel { target = ms(5), interval = ms(100) } } },
  variant "deadline"   { api { check_deadline = true } },

  surge { "clients", from = s(20), to = s(30), factor = burst / 0.9 },

  expect { "clients.goodput mean < 100/s", from = s(23), to = s(30), variant = "fifo" },
  expect { "clients.goodput mean > 900/s", from = s(23), to = s(30), variant = "lifo" },
  expect { "clients.goodput mean > 900/s", from = s(23), to = s(30), variant = "short queue" },
  expect { "clients.goodput mean > 900/s", from = s(23), to = s(30), variant = "codel" },
  expect { "clients.goodput mean < 200/s", from = s(40), to = s(60), variant = "fifo" },
  expect { "clients.success ratio < 99%", to = s(20), variant = "codel" },
  expect { "clients.goodput mean < 250/s", from = s(24), to = s(30), variant = "deadline" },
  expect { "clients.goodput mean > 880/s", from = s(32), variant = "lifo" },
  plot { "clients.goodput", "api.queued", against = "time", per = "variant" },
}
