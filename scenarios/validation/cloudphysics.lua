-- Two hours of block requests of a real virtual machine, replayed against a cache of bytes. The misses
-- must be those that libCacheSim counts, to the request.
local policy  = param("policy", "lru")
local size    = param("size", 67108864) -- bytes of the cache
local objects = param("objects", 0)     -- a cache of that many objects instead, unless it is 0

local MISSES = { -- of 113,872 requests, by policy and size
  lru  = { [4194304] = 95968, [67108864] = 93994, [268435456] = 87793, [536870912] = 81609,
           [671088640] = 72481, [1073741824] = 71702 },
  fifo = { [4194304] = 96755, [67108864] = 94122, [268435456] = 87058, [536870912] = 84005,
           [671088640] = 72491, [1073741824] = 72140 },
}

local cache = { model = "cache", policy = policy }
if objects > 0 then
  cache.capacity = objects
else
  cache.bytes_capacity = bytes(size)
end

local known = objects == 0 and MISSES[policy] and MISSES[policy][size]

return scenario {
  name = "cloudphysics", duration = hours(2) + s(1), warmup = s(0), runs = 2,

  node "machine" { model = "client.trace", to = "cache", operation = "read",
                   trace = trace { file = "cloudphysics.csv", time = "time_us", key = "object",
                                   bytes = "size", operation = "op" } },
  node "cache" (cache),

  sweep { policy = { "lru", "fifo" },
          size = { 4194304, 67108864, 268435456, 536870912, 671088640, 1073741824 } },

  expect "cache.lookups total == 113872",
  expect("cache.misses total " .. (known and "== " .. known or "<= 113872")),
  plot { "cache.misses ratio", against = "size", per = "policy" },
}
