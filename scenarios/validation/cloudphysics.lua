-- Two hours of block requests of a real virtual machine, replayed against a cache of bytes. The misses
-- must be those that libCacheSim counts, to the request.
local MISSES = { -- bytes of the cache, then misses by policy, of 113,872 requests
  lru  = { [4194304] = 95968, [67108864] = 93994, [268435456] = 87793, [536870912] = 81609,
           [671088640] = 72481, [1073741824] = 71702 },
  fifo = { [4194304] = 96755, [67108864] = 94122, [268435456] = 87058, [536870912] = 84005,
           [671088640] = 72491, [1073741824] = 72140 },
}

local policy = param("policy", "lru")
local size = param("size", 67108864)

return scenario {
  name = "cloudphysics", duration = hours(2) + s(1), warmup = s(0), runs = 1,

  node "machine" { model = "client.trace", to = "cache", operation = "read",
                   trace = trace { file = "cloudphysics.csv", time = "time_us", key = "object",
                                   bytes = "size", operation = "op" } },
  node "cache"   { model = "cache", bytes_capacity = bytes(size), policy = policy },

  sweep { policy = { "lru", "fifo" },
          size = { 4194304, 67108864, 268435456, 536870912, 671088640, 1073741824 } },

  expect("cache.lookups total == 113872"),
  expect("cache.misses total == " .. tostring(MISSES[policy][size] or "113872")),
  plot { "cache.misses ratio", against = "size", per = "policy" },
}
