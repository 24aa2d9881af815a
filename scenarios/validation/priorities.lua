-- Two classes at one server, the urgent one first: what does it gain, and what does the other pay?
-- With and without interrupting the request that is being served.
local urgent   = param("urgent", 0.3)   -- load of each class
local patient  = param("patient", 0.5)
local order    = param("order", "priority")   -- or priority_preemptive
local requests = param("requests", 2e5)       -- a run, of both classes
local runs     = param("runs", 20)

local mean     = ms(10)
local load     = urgent + patient
local duration = requests * mean / load

-- Exponential service: whoever arrives finds `load * mean` of work to wait for on average (Cobham).
local first, second
if order == "priority" then
  first  = mean + load * mean / (1 - urgent)
  second = mean + load * mean / ((1 - urgent) * (1 - load))
else  -- preemptive resume: to the urgent the others do not exist
  first  = mean + urgent * mean / (1 - urgent)
  second = mean / (1 - urgent) + load * mean / ((1 - urgent) * (1 - load))
end

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "priorities", duration = duration, warmup = duration / 20, runs = runs,

  node "urgent"  { model = "client.open", arrivals = poisson(urgent / mean), to = "api",
                   priority = 0 },
  node "patient" { model = "client.open", arrivals = poisson(patient / mean), to = "api",
                   priority = 1 },
  node "api"     { model = "service", discipline = order, service = exponential(mean) },

  near("api.busy mean", load),
  near("urgent.latency mean", first),
  near("patient.latency mean", second),
}
