-- Copies may be served for a while after they were fetched, and no other rule drops them.
-- How many requests does such a cache answer?
local ttl      = param("ttl", s(60))
local each     = param("each", 0.05)      -- requests/s for each key, a Poisson stream
local keys     = param("keys", 100)
local sliding  = param("sliding", false)  -- each hit begins the time anew
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 10)

-- A miss starts a copy's life; each * ttl requests hit it on average, then the next one misses.
-- Where each hit begins the time anew, a request hits when it comes within ttl of the one before.
local per_life = each * (ttl / s(1))
local hits     = per_life / (1 + per_life)
if sliding then hits = 1 - math.exp(-per_life) end
local arrivals = rate(each * keys)
local duration = requests / arrivals

return scenario {
  name = "cache-ttl", duration = duration, warmup = duration / 5, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "cache",
                 ops = { read = 1 }, keys = uniform_keys(keys) },
  node "cache" { model = "cache", capacity = keys, ttl = ttl, sliding = sliding },

  expect("cache.hits ratio > " .. hits - 0.005),
  expect("cache.hits ratio < " .. hits + 0.005),
}
