-- A front page that everybody reads is cached for 10 s and takes 200 ms to make again. What happens
-- in the moment in which it expires?
local readers = param("readers", rate(1000))

local function edge(fields)
  fields.model, fields.capacity, fields.ttl = "cache", 1000, s(10)
  fields.hit, fields.miss_to = us(200), "db"
  return node "edge" (fields)
end

return scenario {
  name = "cache-stampede", duration = minutes(2), warmup = s(30), runs = 5,

  node "readers" { model = "client.open", ops = { read = 1 },
                   keys = one_key(1), to = "edge", timeout = s(2),
                   arrivals = ramp { from = rate(0), to = readers, over = s(20) } },
  node "others"  { model = "client.open", arrivals = poisson(rate(4)), ops = { read = 1 },
                   keys = uniform_keys(1e9), to = "edge", timeout = s(2) },
  node "db"      { model = "service", servers = 4, service = ms(200) },

  variant "nothing"       { edge {} },
  variant "coalesce"      { edge { coalesce = true } },
  variant "lock"          { edge { lock = ms(50) } },
  variant "refresh ahead" { edge { refresh_ahead = percent(20) } },
  variant "early, drawn"  { edge { early = 1 } },
  variant "stale for 10s" { edge { stale_for = s(10) } },

  expect { "others.success ratio < 40%",   variant = "nothing" },
  expect { "others.success ratio > 99%",   variant = "coalesce" },
  expect { "readers.latency p99.9 > 100ms", variant = "coalesce" },
  expect { "others.success ratio > 99%",   variant = "lock" },
  expect { "readers.latency p99.9 < 10ms", variant = "refresh ahead" },
  expect { "others.success ratio > 99%",   variant = "early, drawn" },
  expect { "readers.latency p99.9 < 10ms", variant = "stale for 10s" },
  plot   { "readers.latency p99", "db.queued", against = "time", per = "variant" },
}
