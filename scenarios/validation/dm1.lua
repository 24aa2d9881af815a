-- Arrivals like a metronome, exponential service: how much of waiting is due to arrivals alone?
-- Time inside is exponential again, with a rate that a small equation gives.
local load     = param("load", 0.8)
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load / mean

-- sigma = P(an arrival waits) solves sigma = exp(-(1 - sigma) / load) (Kleinrock, section 6.4).
local sigma = load
for _ = 1, 1000 do sigma = math.exp(-(1 - sigma) / load) end
local sojourn = mean / (1 - sigma)

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "dm1", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = regular(arrivals), to = "api" },
  node "api"   { model = "service", service = exponential(mean) },

  near("api.busy mean", load),
  near("api.wait mean", sojourn - mean),
  near("users.latency mean", sojourn),
  near("users.latency p50", math.log(2) * sojourn),
  near("users.latency p99", math.log(100) * sojourn),
}
