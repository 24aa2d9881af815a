-- A service works for a while, breaks, and is mended after a while, both at random.
-- Which share of the requests does it answer?
local works    = param("works", s(90))    -- mean time to failure
local broken   = param("broken", s(10))   -- mean time to repair
local outages  = param("outages", 5e3)    -- a run, about
local runs     = param("runs", 20)

local answered = works / (works + broken)
local duration = outages * (works + broken)

return scenario {
  name = "outages", duration = duration, warmup = duration / 20, runs = runs,

  node "users" { model = "client.open", arrivals = regular(1 / broken), to = "api" },
  node "api"   { model = "service", service = ms(1) },

  crash { "api", mttf = exponential(works), mttr = exponential(broken) },

  expect("users.errors ratio > " .. 0.97 * (1 - answered)),
  expect("users.errors ratio < " .. 1.03 * (1 - answered)),
}
