-- The load quadruples in an instant. The autoscaler sees it late, and what it asks for has to boot.
-- What do users notice, and what does it cost that they notice less?
local function scaler(fields)
  return node "scaler" { model = "autoscaler", to = "web", boot = fields.boot or minutes(2),
                         busy = fields.busy, rate = fields.rate }
end

local function web(count)
  return node "web" { model = "service", count = count, count_max = 32, servers = 4,
                      queue_limit = 50, service = exponential(ms(40)), report_to = "scaler" }
end

return scenario {
  name = "slow-autoscaler", duration = minutes(30), warmup = s(30), runs = 5,

  node "users" { model = "client.open", to = "web", timeout = s(2),
                 arrivals = spike { base = rate(300), peak = rate(1200), at = minutes(5),
                                    lasts = minutes(15) } },

  variant "by busyness" { web(5),  scaler { busy = percent(60) } },
  variant "by rate"     { web(5),  scaler { rate = rate(60) } },
  variant "fast boot"   { web(5),  scaler { busy = percent(60), boot = s(10) } },
  variant "head-room"   { web(15), scaler { busy = percent(20) } },

  expect { "users.goodput mean < 510/s",  from = s(300), to = s(420), variant = "by busyness" },
  expect { "users.goodput mean < 510/s",  from = s(300), to = s(420), variant = "by rate" },
  expect { "users.goodput mean < 1050/s", from = s(450), to = s(550), variant = "by busyness" },
  expect { "users.goodput mean > 1190/s", from = s(450), to = s(550), variant = "by rate" },
  expect { "users.goodput mean > 1190/s", from = s(450), to = s(550), variant = "fast boot" },
  expect { "users.goodput mean > 1190/s", from = s(850), to = s(1150) },
  expect { "users.success ratio > 99.9%", variant = "head-room" },
  expect { "scaler.wanted mean > 25", variant = "head-room" },
  expect { "scaler.wanted mean < 18", variant = "by rate" },
  expect { "scaler.wanted mean > 17", from = s(1200), to = s(1480) },
  plot { "users.errors", "scaler.wanted", "web.busy", against = "time", per = "variant" },
}
