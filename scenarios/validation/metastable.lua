-- A database of 300 requests/s stands still for ten seconds, and then works off what has piled up.
-- Clients wait one second and try once more. From which load on does it never recover?
-- (Bronson and others, "Metastable failures in distributed systems", HotOS 2021.)
local load     = param("load", 140)       -- requests/s
local capacity = 300
local outage   = 10                       -- seconds, from t = 20 s

-- While all time out, 2 load requests/s arrive: the backlog shrinks only where that is below the
-- capacity. It is 2 load a second, less the first second without retries; it must be worked off to
-- under one second of work.
local recovers = 2 * load < capacity
local recovery = (19 * load - 300) / (300 - 2 * load)
local over     = 20 + outage + recovery

return scenario {
  name = "metastable", duration = s(recovers and over + 60 or 300), warmup = s(0), runs = 1,
  drain = s(600),

  node "users"    { model = "client.open", arrivals = regular(rate(load)), to = "database",
                    timeout = s(1), retry = retry { max = 1 } },
  node "database" { model = "service", service = constant(s(1 / capacity)) },

  pause { "database", from = s(20), to = s(20 + outage) },

  expect { "users.failed total == 0", to = s(18) },
  recovers
    and { expect { "users.failed total > 0", from = s(over - 3), to = s(over - 1) },
          expect { "users.failed total == 0", from = s(over + 1) } }
    or expect { "users.success ratio < 0.1%", from = s(100) },
  plot { "users.goodput", "database.queued", against = "time" },
}
