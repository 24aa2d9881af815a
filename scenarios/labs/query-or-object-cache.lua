-- A page shows 20 posts that follow one another, from any of 500 on. Is it the page that is to be kept
-- in the cache, or each post? It depends on how often somebody changes a post.
local writes = param("writes", 5) -- posts changed a second
local pages, length, asked = 500, 20, 100 -- first posts of pages; posts in one; pages asked for a second
local posts = pages + length - 1

local function edge(fields)
  fields.model, fields.capacity, fields.miss_to = "cache", 5000, "db"
  fields.hit, fields.miss, fields.servers = us(50), us(50), 1 -- a look-up
  return node "edge" (fields)
end

-- Reads and changes come by chance. A page is asked for `asked / pages` times a second, and changes as
-- often as its posts do together. A post is read with every page that it is on. What happens next to a
-- copy is a read, and so a hit, with the share that reads have in both.
local function hits(reads, changes) return reads / (reads + changes) end
local whole = hits(asked / pages, length * writes / posts)
local each = 0
for post = 1, posts do -- the first and the last are on fewer pages than the others
  local on = math.min(post, length, posts - post + 1)
  each = each + on / (pages * length) * hits(on * asked / pages, writes / posts)
end
local by_time = 1 - 1 / (1 + asked / pages * 30) -- of copies that live for 30 s

local function is_about(share, variant)
  return { expect { string.format("edge.hits ratio > %.2f%%", 100 * share - 1.5), variant = variant },
           expect { string.format("edge.hits ratio <= %.2f%%", math.min(100 * share + 1.5, 100)),
                    variant = variant } }
end

return scenario {
  name = "query-or-object-cache", duration = minutes(6), warmup = minutes(1), runs = 10,

  network { latency = us(250) },
  node "readers" { model = "client.open", arrivals = poisson(rate(asked)), ops = { scan = 1 },
                   scan_keys = length, keys = uniform_keys(pages), to = "edge" },
  node "authors" { model = "client.open", arrivals = poisson(rate(writes)), ops = { write = 1 },
                   keys = uniform_keys(posts), to = "db" },
  -- A page is a query over an index, and a sort; a post is one row.
  node "db" { model = "store.memory", servers = 4, unchanged = ms(1),
              service = { scan = ms(20), read = ms(2), write = ms(2) } },

  variant "no cache"           { edge {} },
  variant "pages, ttl"         { edge { scans = "results", ttl = s(30) } },
  variant "pages, by change"   { edge { scans = "results", follow = "db" } },
  variant "pages, by version"  { edge { scans = "results", validate = true } },
  variant "posts, by change"   { edge { scans = "objects", follow = "db" } },

  sweep { writes = { 0.5, 5, 20, 50 } },

  is_about(by_time, "pages, ttl"),
  is_about(whole, "pages, by change"),
  is_about(whole, "pages, by version"),
  is_about(each, "posts, by change"),
  -- The word of a change is at the cache before a read that began after it.
  expect { "readers.stale ratio < 0.1%", variant = "pages, by change" },
  expect { "readers.stale ratio < 0.1%", variant = "pages, by version" },
  expect { "readers.stale ratio < 0.1%", variant = "posts, by change" },
  expect { "readers.staleness max < 30.1s", variant = "pages, ttl" },
  -- 20 look-ups take twenty times the time of one.
  expect { "readers.latency p50 > 1ms", variant = "posts, by change" },
  expect { "edge.busy mean > 9%", variant = "posts, by change" },
  expect { "edge.busy mean < 2%", variant = "pages, by change" },

  plot { "edge.hits ratio", "db.busy mean", "readers.latency mean", against = "writes", per = "variant" },
}
