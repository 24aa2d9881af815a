-- A follower carries out the writes of its leader on one thread. How far behind is it?
local load     = param("load", 0.8)       -- of the follower's thread
local law      = param("law", "exponential")
local requests = param("requests", 1e5)   -- writes a run
local runs     = param("runs", 20)

local mean, way = ms(10), ms(1)
local laws = {  -- law of a write's replay, and its squared coefficient of variation
  constant         = { constant(mean), 0 },
  erlang           = { erlang { stages = 4, mean = mean }, 1 / 4 },
  exponential      = { exponential(mean), 1 },
  hyperexponential = { hyperexponential { mean = mean, cv2 = 4 }, 4 },
}
local replay, cv2 = laws[law][1], laws[law][2]
local arrivals = load / mean
local wait     = load * mean * (1 + cv2) / (2 * (1 - load))

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "store-replay", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  network { latency = way },

  node "users" { model = "client.open", arrivals = poisson(arrivals), ops = { write = 1 },
                 keys = uniform_keys(1000), to = "db[1]" },
  node "db"    { model = "store.leader", count = 2, service = ms(0), replay = replay },

  near("db.lag mean", way + wait + mean),
  near("db.commits rate", arrivals),
  expect "db.promotions total == 0",
}
