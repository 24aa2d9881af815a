-- Independent requests for keys of Zipf popularity, and a cache that holds some of them.
-- How many requests does it answer?
local keys     = param("keys", 1000)
local exponent = param("exponent", 1.0)
local capacity = param("capacity", 100)
local policy   = param("policy", "fifo")
local requests = param("requests", 2e5)   -- a run
local runs     = param("runs", 10)

local weights, sum = {}, 0
for k = 1, keys do
  weights[k] = math.pow(k, -exponent)
  sum = sum + weights[k]
end

local hits
if policy == "fifo" then
  -- King 1971: sets are cached in proportion to the product of their popularities, so that the miss
  -- ratio is (C + 1) e[C + 1] / e[C], e[j] = sum over all sets of j keys of that product.
  local e = { [0] = 1 }
  for j = 1, capacity + 1 do e[j] = 0 end
  for k = 1, keys do
    for j = math.min(k, capacity + 1), 1, -1 do e[j] = e[j] + weights[k] / sum * e[j - 1] end
  end
  hits = 1 - (capacity + 1) * e[capacity + 1] / e[capacity]
else
  -- Che, Tung and Wang 2002: a key is cached for a time t after each use, the same for all, such
  -- that on average `capacity` keys are cached. Close to exact unless the cache is tiny.
  local low, high = 0, 1e9
  for _ = 1, 100 do
    local t, cached = (low + high) / 2, 0
    hits = 0
    for k = 1, keys do
      local there = 1 - math.exp(-weights[k] / sum * t)
      cached, hits = cached + there, hits + weights[k] / sum * there
    end
    if cached < capacity then low = t else high = t end
  end
end

return scenario {
  name = "cache-irm", duration = requests / rate(1000), warmup = requests / rate(1000) / 10,
  runs = runs,

  node "users" { model = "client.open", arrivals = regular(rate(1000)), to = "cache",
                 ops = { read = 1 }, keys = zipf { n = keys, exponent = exponent } },
  node "cache" { model = "cache", capacity = capacity, policy = policy },

  expect("cache.hits ratio > " .. hits - 0.005),
  expect("cache.hits ratio < " .. hits + 0.005),
}
