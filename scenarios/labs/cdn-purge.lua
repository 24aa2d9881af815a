-- Articles are written at an origin in America and read through points of presence on three
-- continents, which share a shield before the origin. An article that was changed has to go from
-- all of them. How old is what is read, and what does the origin do for it?
local places = { "america", "europe", "asia" }
local ttl = param("ttl", s(300))

-- What each cache does with the changes that the origin tells of: nothing, or a purge that takes
-- its way through the network's control.
local function caches(point, shield)
  point.model, point.capacity, point.ttl = "cache", 5000, point.ttl or ttl
  point.count, point.zone, point.miss_to, point.coalesce = 3, places, "shield", true
  shield.model, shield.capacity, shield.ttl = "cache", 20000, shield.ttl or ttl
  shield.zone, shield.miss_to, shield.coalesce = "america", "origin", true
  return { node "point" (point), node "shield" (shield) }
end
local function purge(delay) return { follow = "origin", change_delay = delay } end

-- Readers of a place ask the point there.
local readers = {}
for i, place in ipairs(places) do
  readers[i] = node("readers_" .. place) { model = "client.open", zone = place, arrivals = poisson(rate(40)),
                             ops = { read = 1 }, keys = zipf { n = 2000, exponent = 1 },
                             to = string.format("point[%d]", i), timeout = s(5) }
end

local pushed = purge(uniform(ms(500), s(2)))
pushed.on_change = "fetch"

return scenario {
  name = "cdn-purge", duration = minutes(20), warmup = minutes(5), runs = 4,

  network { latency = ms(5), link { "america", "europe", latency = ms(45) },
            link { "america", "asia", latency = ms(75) }, link { "europe", "asia", latency = ms(100) } },
  readers,
  node "editors" { model = "client.open", zone = "america", arrivals = poisson(rate(1)),
                   ops = { write = 1 }, keys = zipf { n = 2000, exponent = 1 }, to = "origin" },
  node "origin"  { model = "store.memory", zone = "america", servers = 16, service = ms(20) },

  variant "ttl only"     { caches({}, {}) },
  variant "short ttl"    { caches({ ttl = s(5) }, { ttl = s(5) }) },
  variant "any order"    { caches(purge(uniform(ms(0), s(2))), purge(uniform(ms(0), s(2)))) },
  variant "shield first" { caches(purge(uniform(ms(500), s(2))), { follow = "origin" }) },
  variant "push"         { caches(pushed, { follow = "origin" }) },

  -- No copy outlives its ttl, however many caches it went through; a purge takes up to two seconds
  -- and the way from the origin.
  expect { "readers_asia.staleness max < 300s",  variant = "ttl only" },
  expect { "readers_asia.staleness max > 280s",  variant = "ttl only" },
  expect { "readers_asia.staleness p99 < 5s",    variant = "short ttl" },
  expect { "origin.throughput mean > 45/s",      variant = "short ttl" },
  expect { "readers_asia.staleness p99 > 60s",   variant = "any order" },
  expect { "readers_asia.stale ratio > 9%",      variant = "any order" },
  expect { "readers_asia.staleness p99 < 2s",    variant = "shield first" },
  expect { "readers_asia.stale ratio < 4%",      variant = "shield first" },
  expect { "origin.throughput mean < 10/s",      variant = "shield first" },
  expect { "readers_asia.staleness p99 < 2.3s",  variant = "push" },
  expect { "readers_asia.latency mean < 30ms",   variant = "push" },
  expect { "readers_asia.latency mean > 31ms",   variant = "shield first" },
  plot { "readers_asia.stale ratio", "origin.throughput", against = "time", per = "variant" },
}
