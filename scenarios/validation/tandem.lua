-- A request passes k stations, one after the other. What leaves an M/M/1 station is a Poisson stream
-- again (Burke), so each station behaves as if it stood alone.
local load     = param("load", 0.8)
local stations = param("stations", 3)
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load / mean
local sojourn  = mean / (1 - load)   -- at each station, exponential, independent of the others

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

local blocks = {
  name = "tandem", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "station_1" },
  near("users.latency mean", stations * sojourn),
}
for k = 1, stations do
  blocks[#blocks + 1] = node("station_" .. k) {
    model = "service", service = exponential(mean), to = k < stations and "station_" .. k + 1 or nil }
  blocks[#blocks + 1] = near("station_" .. k .. ".queued mean", load * load / (1 - load))
end
return scenario(blocks)
