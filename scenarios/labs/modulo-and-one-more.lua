-- Four caches hold everything that is asked for; the database behind them can serve a fifth of it.
-- A fifth cache is added. How many keys are suddenly somewhere else, and can the database fetch them?
local function front(policy)
  return node "balancer" { model = "balancer", to = "cache", policy = policy }
end

return scenario {
  name = "modulo-and-one-more", duration = s(180), warmup = s(80), runs = 5,

  node "users"    { model = "client.open", to = "balancer", timeout = ms(500),
                    arrivals = ramp { from = rate(50), to = rate(2000), over = minutes(1) },
                    ops = { read = 1 }, keys = uniform_keys(20e3) },
  node "cache"    { model = "cache", count = 4, count_max = 5, capacity = 20e3, hit = us(200),
                    coalesce = true, miss_to = "database" },
  node "database" { model = "service", servers = 4, queue_limit = 200,
                    service = exponential(ms(10)) },

  scale { "cache", count = 5, from = s(100) },

  variant "modulo"     { front("modulo") },
  variant "ring"       { front("ring") },
  variant "jump"       { front("jump") },
  variant "rendezvous" { front("rendezvous") },
  variant "maglev"     { front("maglev") },

  -- 4/5 of 20,000 keys against 1/5 of them, and what had not been asked for before.
  expect { "database.succeeded total > 15500", from = s(100), variant = "modulo" },
  expect { "database.succeeded total < 6000", from = s(100), variant = "ring" },
  expect { "database.succeeded total < 6000", from = s(100), variant = "jump" },
  expect { "database.succeeded total < 6000", from = s(100), variant = "rendezvous" },
  expect { "database.succeeded total < 6000", from = s(100), variant = "maglev" },
  expect { "users.success ratio > 99%",   from = s(80),  to = s(100) },
  expect { "users.success ratio < 60%",   from = s(100), to = s(110), variant = "modulo" },
  expect { "users.success ratio > 99.9%", from = s(100), to = s(110), variant = "ring" },

  plot { "database.queued", "users.success", against = "time", per = "variant" },
}
