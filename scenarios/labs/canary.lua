-- A new build goes out, ten servers by ten. It is as good as the old one, or fails a little more
-- often, or is slower. Who notices first: the canary, or the users?
local function build(name, fields)
  return node(name) { model = "service", count = fields.count, count_max = 13, servers = 4,
                      queue_limit = 100, service = exponential(ms(fields.work or 40)),
                      errors = percent(fields.errors or 0.1),
                      report_to = "deploy", report_slow = ms(200) }
end

local function deploy(canary)
  return node "deploy" { model = "deploy", from = "old", to = "new", at = minutes(2), boot = s(30),
                         canary = canary, settle = s(30), judge_every = minutes(2),
                         judgements = 3, significance = percent(1) }
end

return scenario {
  name = "canary", duration = minutes(15), warmup = s(30), runs = 5,

  node "users" { model = "client.open", arrivals = poisson(rate(500)), to = "old new" },
  build("old", { count = 10 }),

  variant "good build"             { build("new", { count = 0 }), deploy(1) },
  variant "failing build"          { build("new", { count = 0, errors = 1 }), deploy(1) },
  variant "slow build"             { build("new", { count = 0, work = 60 }), deploy(1) },
  variant "failing build, no canary" { build("new", { count = 0, errors = 1 }), deploy(0) },
  variant "slow build, no canary"  { build("new", { count = 0, work = 60 }), deploy(0) },

  expect { "deploy.rolled_back total < 1", variant = "good build" },
  expect { "deploy.new mean > 9.9", from = minutes(12), variant = "good build" },
  expect { "deploy.new mean < 0.1", from = minutes(6), variant = "failing build" },
  expect { "deploy.new mean < 0.1", from = minutes(6), variant = "slow build" },
  expect { "users.errors ratio < 0.2%", variant = "failing build" },
  expect { "users.errors ratio > 0.8%", variant = "failing build, no canary" },
  expect { "users.latency p99 < 200ms", variant = "slow build" },
  expect { "users.latency p99 > 280ms", variant = "slow build, no canary" },

  plot { "users.errors", "users.latency p99", "deploy.new", against = "time", per = "variant" },
}
