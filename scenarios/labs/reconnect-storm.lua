-- 20,000 clients hold streams to four servers. One server is gone for good, and its 5,000 clients
-- want another one. What do they do to the three that are left, and to those who sit there?
local accept = param("accept", 5) -- ms of work for each new stream

local function clients(reconnect)
  reconnect.max = 1e6
  return node "clients" { model = "client.streaming", count = 20000, to = "feed", ramp_up = s(40),
                          timeout = s(2), reconnect = retry(reconnect) }
end

local function feed(queue_limit)
  return node "feed" { model = "feed.server", count = 4, accept = ms(accept), push = us(50),
                       queue_limit = queue_limit }
end

local soon    = { backoff = ms(100), growth = 1, jitter = "none" }
local steady  = { backoff = s(3), growth = 1, jitter = "none" }
local backoff = { backoff = s(3), growth = 2, cap = s(60), jitter = "full" }

return scenario {
  name = "reconnect-storm", duration = minutes(4), warmup = s(60), runs = 5,
  network { latency = ms(20) },
  node "source" { model = "feed.publisher", to = "feed", updates = regular(rate(0.2)) },

  crash { "feed[1]", from = s(90), to = minutes(4) },

  variant "100 ms"        { feed(-1),  clients(soon) },
  variant "3 s"           { feed(-1),  clients(steady) },
  variant "backoff"       { feed(-1),  clients(backoff) },
  variant "100 ms, limit" { feed(200), clients(soon) },
  variant "3 s, limit"    { feed(200), clients(steady) },

  -- Half a minute after the crash and later: who is connected, and who is told.
  expect { "clients.connected mean < 16500",  from = s(120), variant = "100 ms" },
  expect { "clients.delivered mean < 10/s",   from = s(120), variant = "100 ms" },
  expect { "clients.connected mean < 16500",  from = s(120), variant = "3 s" },
  expect { "clients.delivered mean < 10/s",   from = s(120), variant = "3 s" },
  expect { "clients.connected mean > 19800",  from = s(120), variant = "backoff" },
  expect { "clients.delivered mean > 3900/s", from = s(120), variant = "backoff" },
  expect { "clients.connected mean > 19990",  from = s(120), variant = "100 ms, limit" },
  expect { "clients.latency max < 10s",       from = s(90),  variant = "100 ms, limit" },
  expect { "clients.connected mean > 19900",  from = s(120), variant = "3 s, limit" },
  expect { "clients.latency p99 < 35s",       from = s(90),  variant = "3 s, limit" },
  expect { "feed.wasted total == 0",          from = s(90),  variant = "3 s, limit" },
  plot   { "clients.connected", "feed.queued", "clients.delay p50", against = "time",
           per = "variant" },
}
