-- A cache answers most of what is read, and the database behind it is sized for the rest. After two
-- minutes the cache dies, and is back after five seconds, empty. Does it get warm again?
local function edge(fields)
  fields.model, fields.capacity, fields.hit, fields.miss_to = "cache", 20e3, us(200), "db"
  fields.timeout = fields.timeout or ms(500)
  return node "edge" (fields)
end

local function db(queue_limit)
  return node "db" { model = "service", servers = 4, service = exponential(ms(5)),
                     queue_limit = queue_limit }
end

return scenario {
  name = "cold-cache", duration = minutes(6), runs = 5,

  node "users" { model = "client.open", ops = { read = 1 }, to = "edge", timeout = s(1),
                 arrivals = ramp { from = rate(0), to = rate(2000), over = minutes(1) },
                 keys = zipf { n = 1e5, exponent = 1 } },

  variant "as it is"    { edge {}, db(-1) },
  variant "coalesce"    { edge { coalesce = true }, db(-1) },
  variant "patience"    { edge { timeout = none }, db(-1) },
  variant "short queue" { edge {}, db(100) },
  variant "two caches"  { edge { count = 2 }, db(-1) },
  variant "replicas"    { edge { count = 2, replicate = "copies" }, db(-1) },

  crash { "edge[1]", from = minutes(2), to = s(125) },

  expect { "users.goodput mean > 1900/s", from = s(100), to = s(120) },
  expect { "users.goodput mean < 1200/s", from = minutes(5), variant = "as it is" },
  expect { "users.goodput mean < 1200/s", from = minutes(5), variant = "coalesce" },
  expect { "users.goodput mean > 1900/s", from = minutes(5), variant = "patience" },
  expect { "users.goodput mean > 1900/s", from = s(135), variant = "short queue" },
  expect { "users.goodput mean > 1900/s", from = s(125), variant = "two caches" },
  expect { "db.issued rate > 550/s", from = s(125), to = s(135), variant = "two caches" },
  expect { "db.issued rate < 480/s", from = s(125), to = s(135), variant = "replicas" },
  plot   { "users.goodput", "db.queued", against = "time", per = "variant" },
}
