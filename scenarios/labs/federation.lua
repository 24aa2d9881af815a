-- Profiles, products and orders in one database, or a database for each function. An order page needs all
-- three: one query with a join, or its order first and then its user and its product, which the application
-- puts together. What does that cost, what does it bring, and who fails with whom?
local load = rate(1000)

local function client(name, share, operation)
  return node(name) { model = "client.open", arrivals = poisson(share * load), to = "app_" .. name,
                      timeout = s(1), ops = { [operation] = 1 }, scan_keys = 3, keys = uniform_keys(1e6) }
end

local function app(name, calls) -- it takes little itself
  return node("app_" .. name) { model = "service", service = us(200), servers = 64, calls = calls }
end

-- A query takes 4 ms of one of eight servers, the one with the join 6 ms: most of it is not the rows.
local function database(name)
  return node(name) { model = "store.memory", service = { read = ms(4), scan = ms(6), other = ms(4) },
                      servers = 8, queue_limit = 200, keys = -1 }
end

local function down(name, from)
  return crash { name, from = from, to = from + s(10) }
end

return scenario {
  name = "federation", duration = s(200), warmup = s(10), runs = 4,

  network { latency = us(250) },
  client("profiles", 0.3, "read"), client("catalogue", 0.6, "read"),

  variant "one database" {
    client("orders", 0.1, "scan"), database "db", down("db", s(40)),
    app("profiles", series { "db" }), app("catalogue", series { "db" }), app("orders", series { "db" }),
  },
  -- Each machine is down as often as the one was.
  variant "federation" {
    client("orders", 0.1, "read"), database "profile", database "product", database "order",
    down("profile", s(40)), down("product", s(60)), down("order", s(80)),
    app("profiles", series { "profile" }), app("catalogue", series { "product" }),
    app("orders", series { "order", parallel { "profile", "product" } }),
  },
  surge { "profiles catalogue orders", factor = 2.5, from = s(120), to = s(140) },
  surge { "profiles catalogue orders", factor = 3.5, from = s(160), to = s(180) },

  -- The join costs 2 ms more than a row; done by hand it is a round more, of 4 ms and the network.
  expect { "orders.latency p50 > 7ms",  to = s(40), variant = "one database" },
  expect { "orders.latency p50 < 8ms",  to = s(40), variant = "one database" },
  expect { "orders.latency p50 > 9.5ms", to = s(40), variant = "federation" },
  expect { "orders.latency p50 < 11ms", to = s(40), variant = "federation" },
  -- 900 x 4 ms and 100 x 6 ms of eight servers; 700 x 4 ms, 400 x 4 ms and 100 x 4 ms.
  expect { "db.busy mean > 51%", to = s(40), variant = "one database" },
  expect { "db.busy mean < 54%", to = s(40), variant = "one database" },
  expect { "product.busy mean > 34%", to = s(40), variant = "federation" },
  expect { "product.busy mean < 36%", to = s(40), variant = "federation" },
  expect { "order.busy mean < 6%", to = s(40), variant = "federation" },

  -- Ten seconds of a minute are lost to all, or to each function, and thirty to the page that needs all three.
  expect { "profiles.success ratio < 84%", from = s(40), to = s(100) },
  expect { "profiles.success ratio > 82%", from = s(40), to = s(100) },
  expect { "orders.success ratio > 82%", from = s(40), to = s(100), variant = "one database" },
  expect { "orders.success ratio < 51.5%", from = s(40), to = s(100), variant = "federation" },
  expect { "orders.success ratio > 48.5%", from = s(40), to = s(100), variant = "federation" },

  -- At two and a half times the load one database is full; at three and a half times the busiest of three is.
  expect { "profiles.success ratio < 85%", from = s(120), to = s(140), variant = "one database" },
  -- There 200 queries wait, of which 1,900 a second are served.
  expect { "profiles.latency.answered p50 > 100ms", from = s(125), to = s(140), variant = "one database" },
  expect { "profiles.latency.answered p50 < 115ms", from = s(125), to = s(140), variant = "one database" },
  expect { "profiles.success ratio < 58%", from = s(160), to = s(180), variant = "one database" },
  expect { "catalogue.success ratio > 99.9%", from = s(120), to = s(140), variant = "federation" },
  expect { "catalogue.success ratio < 90%", from = s(160), to = s(180), variant = "federation" },
  expect { "profiles.success ratio > 99.9%", from = s(160), to = s(180), variant = "federation" },
  expect { "orders.success ratio < 90%", from = s(160), to = s(180), variant = "federation" },

  plot { "catalogue.success ratio", "orders.success ratio", against = "time", per = "variant" },
}
