-- One processor shared by all present (round robin with small slices): small jobs do not wait behind
-- large ones. Time inside is proportional to size and does not depend on the law of sizes at all.
local load     = param("load", 0.8)
local law      = param("law", "hyperexponential")
local requests = param("requests", 1e5)   -- a run, of both kinds
local runs     = param("runs", 20)
local small    = param("small", ms(5))    -- means; one request in eight is large
local large    = param("large", ms(45))

local laws = {
  constant         = constant,
  exponential      = exponential,
  erlang           = function(mean) return erlang { stages = 4, mean = mean } end,
  uniform          = function(mean) return uniform(ms(0), 2 * mean) end,
  lognormal        = function(mean) return lognormal { mean = mean, cv2 = 2 } end,
  hyperexponential = function(mean) return hyperexponential { mean = mean, cv2 = 4 } end,
}
local rate_small = load / (small + large / 7)
local rate_large = rate_small / 7
local duration   = requests / (rate_small + rate_large)

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "sharing", duration = duration, warmup = duration / 20, runs = runs,

  node "few"  { model = "client.open", arrivals = poisson(rate_large), to = "cpu",
                ops = { write = 1 } },
  node "many" { model = "client.open", arrivals = poisson(rate_small), to = "cpu",
                ops = { read = 1 } },
  node "cpu"  { model = "service", discipline = "processor_sharing",
                service = { read = laws[law](small), write = laws[law](large) } },

  near("cpu.busy mean", load),
  near("many.latency mean", small / (1 - load)),
  near("few.latency mean", large / (1 - load)),
}
