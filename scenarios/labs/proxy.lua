-- A reverse proxy before eight slow servers: what its handshakes, its questions and its compression cost,
-- and what keep-alive, a memory of who may pass, fewer bytes and a cache of responses save.
local load = param("load", 400) -- requests a second, of 200 sessions

local function front(fields)
  local block = { model = "proxy", on = "edge", to = "web", cost = us(100), handshake = ms(1),
                  new_connections = percent(5) }
  for name, value in pairs(fields) do block[name] = value end
  return node "front" (block)
end

return scenario {
  name = "proxy", duration = s(120), warmup = s(20), runs = 4,

  network { latency = ms(1) },
  machine "edge" { bandwidth = Mbit_s(100) },
  node "users" { model = "client.open", arrivals = poisson(rate(load)), ops = { read = 1 },
                 keys = zipf { n = 1000, exponent = 1 }, sessions = 200, to = "front" },
  node "store" { model = "cache", on = "edge", capacity = 100, ttl = s(30), coalesce = true,
                 miss_to = "web" },
  node "web"   { model = "service", count = 8, service = exponential(ms(15)), reply_bytes = bytes(20e3) },
  node "auth"  { model = "service", service = ms(1), servers = 4 },

  variant "every connection new" { front { new_connections = percent(100) } },
  variant "keep-alive"           { front {} },
  variant "compressed"           { front { compress_speed = MB_s(50) } },
  variant "asks each time"       { front { auth = "auth", auth_timeout = ms(100) } },
  variant "remembers"            { front { auth = "auth", auth_timeout = ms(100), auth_ttl = s(60) } },
  variant "cached"               { front { to = "store" } },

  crash { "auth", from = s(90), to = s(95) },

  expect { "front.busy mean > 42%",             variant = "every connection new" },
  expect { "front.busy mean < 46%",             variant = "every connection new" },
  expect { "front.busy mean < 6.3%",            variant = "keep-alive" },
  expect { "front.busy mean > 21%",             variant = "compressed" },
  expect { "front.busy mean < 23%",             variant = "compressed" },
  expect { "auth.throughput mean > 390/s",      to = s(90), variant = "asks each time" },
  expect { "auth.throughput mean < 5/s",        to = s(90), variant = "remembers" },
  expect { "users.success ratio < 1%",          from = s(91), to = s(94), variant = "asks each time" },
  expect { "users.success ratio > 90%",         from = s(91), to = s(94), variant = "remembers" },
  expect { "web.throughput mean < 220/s",       variant = "cached" },
  plot   { "users.latency p50", "front.busy", "users.goodput", against = "time", per = "variant" },
}
