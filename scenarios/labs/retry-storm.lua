-- A 2 s brown-out at 90 % load. Which retry policy lets the service recover?
local load = param("load", 900) -- operations a second; the service can do 1,000

local function clients(retry)
  return node "clients" { model = "client.open", arrivals = poisson(rate(load)),
                          to = "api", timeout = ms(250), retry = retry }
end

return scenario {
  name = "retry-storm", duration = minutes(5), runs = 10,

  node "api" { model = "service", servers = 10, queue_limit = 1000, service = exponential(ms(10)) },

  variant "no retries"  { clients(none) },
  variant "3 immediate" { clients(retry { max = 3 }) },
  variant "backoff"     { clients(retry { max = 3, backoff = ms(50), jitter = "full" }) },
  variant "budget 5%"   { clients(retry { max = 3, budget = percent(5) }) },

  slow { "api", from = s(60), to = s(62), factor = 20 },

  expect { "clients.goodput mean > 850/s", from = s(120), variant = "no retries" },
  expect { "clients.goodput mean < 50/s",  from = s(120), variant = "3 immediate" },
  expect { "clients.goodput mean < 50/s",  from = s(120), variant = "backoff" },
  expect { "clients.goodput mean > 850/s", from = s(120), variant = "budget 5%" },
  plot   { "clients.goodput", "api.queued", against = "time", per = "variant" },
}
