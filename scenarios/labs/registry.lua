-- Eight servers send heartbeats to a registry; a balancer goes by its list. One dies without a word. Later
-- the heartbeats of five that are well are lost for a minute. How long is the dead asked, and who is
-- taken for dead that is not?
local ttl = param("ttl", s(15)) -- of all variants but the one that has Eureka's defaults

local function registry(fields)
  local block = { model = "registry", to = "web", ttl = ttl, sweep = s(1) }
  for name, value in pairs(fields) do block[name] = value end
  return node "registry" (block)
end

local function gate(fields)
  local block = { model = "balancer", to = "web", registry = "registry", retries = 0, timeout = ms(250) }
  for name, value in pairs(fields) do block[name] = value end
  return node "gate" (block)
end

-- While the dead is asked an eighth of all requests is lost.
local function asked(variant, from, to)
  return expect { "users.errors ratio > 12%", from = s(from), to = s(to), variant = variant }
end
local function well(variant, from, to)
  return expect { "users.errors ratio < 0.1%", from = s(from), to = s(to), variant = variant }
end

return scenario {
  name = "registry", duration = s(600), warmup = s(20), runs = 4,

  network { latency = us(300) },
  node "users" { model = "client.open", arrivals = poisson(rate(400)), to = "gate" },
  node "web"   { model = "service", count = 8, service = exponential(ms(10)),
                 queue_limit = 20, report_to = "registry", report_every = s(5) },

  variant "Eureka's defaults" { gate { poll = s(30) },
                                registry { ttl = s(90), sweep = s(60), preserve = percent(85) } },
  variant "polled"    { gate { poll = s(5) },   registry {} },
  variant "watched"   { gate { watch = true },  registry {} },
  variant "preserved" { gate { watch = true },  registry { preserve = percent(85) } },

  crash     { "web[3]", from = s(120), to = s(360), silent = true },
  partition { from = s(450), to = s(510), sides = { "web[4..8]", "registry" }, one_way = true },

  asked("Eureka's defaults", 120, 205), well("Eureka's defaults", 302, 360),
  asked("polled",  120, 130), well("polled",  143, 360),
  asked("watched", 120, 130), well("watched", 137, 360),
  well("Eureka's defaults", 395, 600),
  well("polled", 395, 450), well("watched", 395, 450), well("preserved", 395, 600),
  expect { "registry.listed mean < 3.01", from = s(472), to = s(510), variant = "watched" },
  expect { "registry.listed mean > 5",    from = s(472), to = s(510), variant = "preserved" },
  expect { "users.errors ratio > 20%",    from = s(472), to = s(510), variant = "watched" },
  expect { "users.errors ratio > 20%",    from = s(478), to = s(510), variant = "polled" },
  plot { "users.errors", "registry.listed", against = "time", per = "variant" },
}
