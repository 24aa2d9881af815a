-- A score that changes every 20 s on average, and 10,000 phones that show it. Shall they ask, or be
-- told? How old is what they show, and what does it cost?
local changes = param("changes", 0.05) -- a second
local phones  = param("phones", 1e4)

local function feed(fields)
  fields.model, fields.workers = "feed.server", 2
  fields.serve, fields.accept, fields.push = us(100), us(500), us(20)
  return node "feed" (fields)
end

local function polls(interval)
  return node "phones" { model = "client.polling", count = phones, to = "feed",
                         interval = interval, ramp_up = s(10) }
end

local function streams()
  return node "phones" { model = "client.streaming", count = phones, to = "feed", ramp_up = s(10) }
end

return scenario {
  name = "polling-or-push", duration = minutes(5), warmup = s(30), runs = 5,
  network { latency = ms(30) },
  node "score" { model = "feed.publisher", to = "feed", updates = poisson(rate(changes)),
                 bytes = bytes(300) },

  variant "poll 10s"  { feed {}, polls(s(10)) },
  variant "poll 2s"   { feed {}, polls(s(2)) },
  variant "long poll" { feed { hold = s(30) }, polls(s(0)) },
  variant "stream"    { feed {}, streams() },

  -- Half the interval and a round trip; 10,000 phones over the interval.
  expect { "phones.delay mean > 4.9s",     variant = "poll 10s" },
  expect { "phones.delay mean < 5.3s",     variant = "poll 10s" },
  expect { "phones.delay mean > 1s",       variant = "poll 2s" },
  expect { "phones.delay mean < 1.2s",     variant = "poll 2s" },
  expect { "phones.issued mean > 4900/s",  variant = "poll 2s" },
  expect { "phones.issued mean < 5100/s",  variant = "poll 2s" },
  expect { "feed.empty ratio > 85%",       variant = "poll 2s" },
  expect { "phones.delay p50 < 500ms",     variant = "long poll" },
  expect { "phones.issued mean < 1300/s",  variant = "long poll" },
  expect { "phones.delay p50 < 200ms",     variant = "stream" },
  expect { "phones.delay max < 1s",        variant = "stream" },
  plot   { "phones.delay p50", "feed.sent", against = "time", per = "variant" },
}
