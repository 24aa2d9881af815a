-- Always work on the request with the least work left (SRPT): no order of service has a lower mean.
-- How much lower, beside first come first served at the same load?
local load     = param("load", 0.8)
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load / mean

-- Schrage and Miller 1966, exponential sizes of mean 1: a job of size x meets only jobs that are, or
-- have become, smaller. r(x) is their load, m(x) = lambda E[min(S, x)^2].
local function r(x) return load * (1 - math.exp(-x) * (1 + x)) end
local function m(x) return load * 2 * (1 - math.exp(-x) * (1 + x)) end
local step, inside, sojourn = 0.002, 0, 0
for i = 0, 20000 do   -- midpoints; `inside` is the time in service until x, int dt / (1 - r(t))
  local x = (i + 0.5) * step
  inside  = inside + step / (1 - r(x))
  local wait = m(x) / (2 * ((1 - r(x)) * (1 - r(x))))
  sojourn = sojourn + step * math.exp(-x) * (wait + inside)
end

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "shortest", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "api" },
  node "api"   { model = "service", discipline = "shortest_remaining",
                 service = exponential(mean) },

  near("users.latency mean", sojourn * mean),
  expect("users.latency mean < " .. mean / (1 - load)),   -- that of first come first served
}
