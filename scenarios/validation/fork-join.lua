-- Every request is split among several servers, each with a queue of its own, and is over when the
-- last part is. How long does it take? (Nelson and Tantawi, IEEE Trans. Computers 37(6), 1988.)
local servers  = param("servers", 2)
local load     = param("load", 0.8)
local requests = param("requests", 2e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load / mean

-- Exact for two servers; for more an approximation that is better than 5 %.
local harmonic = 0
for i = 1, servers do harmonic = harmonic + 1 / i end
local two = (12 - load) / 8 * mean / (1 - load)
local ratio = harmonic / 1.5
local sojourn = servers == 1 and mean / (1 - load) or
                (ratio + 4 / 11 * (1 - ratio) * load) * two
local margin = servers == 2 and 0.02 or 0.05

return scenario {
  name = "fork-join", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users"  { model = "client.open", arrivals = poisson(arrivals), to = "fork" },
  node "fork"   { model = "service", service = ms(0), servers = 1e6, to = "server",
                  fan_out = servers },
  node "server" { model = "service", count = servers, service = exponential(mean) },

  expect("users.latency mean > " .. (1 - margin) * sojourn),
  expect("users.latency mean < " .. (1 + margin) * sojourn),
}
