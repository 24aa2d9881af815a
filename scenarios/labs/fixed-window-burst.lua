-- 100 requests a minute are allowed. A caller who knows when the minute ends sends 100 just before
-- and 100 just after. What does each way of counting let through in those two seconds?
local limit = param("limit", 100) -- a minute
local worth = 2 / 60 * limit      -- what the rate alone is worth in two seconds

-- The run begins when the gate's clock shows 58 s: the minute ends at 2 s.
local function gate(policy)
  return node "gate" { model = "limiter", to = "api", limit = limit, window = s(60), policy = policy,
                       clock_offset = s(58) }
end

local function passes(variant, comparison, count)
  return expect { "api.issued total " .. comparison .. " " .. count, variant = variant }
end

return scenario {
  name = "fixed-window-burst", duration = s(3), warmup = s(0), cell = ms(100), drain = s(90),
  runs = 2, -- nothing is drawn: both are the same

  node "caller" { model = "client.open", arrivals = regular { rate = rate(100), phase = s(1) },
                  to = "gate" },
  node "api"    { model = "service", service = ms(1) },

  variant "fixed window"    { gate "fixed_window" },
  variant "sliding log"     { gate "sliding_log" },
  variant "sliding counter" { gate "sliding_counter" },
  variant "token bucket"    { gate "token_bucket" },
  variant "leaky queue"     { gate "leaky_queue" },

  expect "caller.issued total == 200",
  passes("fixed window", "==", 2 * limit),
  passes("sliding log", "==", limit),
  passes("sliding counter", "<=", limit + worth),
  passes("token bucket", "<=", limit + worth),
  passes("leaky queue", "<=", 1 + worth),
  plot { "api.throughput", "gate.waiting", against = "time", per = "variant" },
}
