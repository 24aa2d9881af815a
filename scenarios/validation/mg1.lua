-- One server, Poisson arrivals, and any law of service: how much does its spread cost?
-- Pollaczek and Khinchine: only mean and variance of the service matter for the mean wait.
local load     = param("load", 0.8)
local law      = param("law", "erlang")
local requests = param("requests", 1e5)
local runs     = param("runs", 20)

local mean = ms(10)
local laws = {  -- law of service, and its squared coefficient of variation
  constant         = { constant(mean), 0 },
  erlang           = { erlang { stages = 4, mean = mean }, 1 / 4 },
  uniform          = { uniform(ms(0), 2 * mean), 1 / 3 },
  exponential      = { exponential(mean), 1 },
  hyperexponential = { hyperexponential { mean = mean, cv2 = 4 }, 4 },
  lognormal        = { lognormal { mean = mean, cv2 = 2 }, 2 },
}
local service, cv2 = laws[law][1], laws[law][2]
local arrivals = load / mean
local wait     = load * mean * (1 + cv2) / (2 * (1 - load))

-- Constant service: the whole law of the wait (Erlang 1909), t in units of the service.
local function md1_at_most(t)
  local sum = 0
  for j = 0, math.floor(t) do
    local x = load * (j - t)   -- not above 0
    local term = math.exp(-x)
    for i = 1, j do term = term * x / i end
    sum = sum + term
  end
  return (1 - load) * sum
end
local function md1_percentile(p)
  local low, high = 0, 30
  for _ = 1, 60 do
    local t = (low + high) / 2
    if md1_at_most(t) < p then low = t else high = t end
  end
  return low * mean
end

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "mg1", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "api" },
  node "api"   { model = "service", service = service },

  near("api.busy mean", load),
  near("api.wait mean", wait),
  near("users.latency mean", wait + mean),
  near("api.queued mean", arrivals * wait),
  law == "constant" and { near("api.wait p95", md1_percentile(0.95)),
                          near("api.wait p99", md1_percentile(0.99)) } or {},
}
