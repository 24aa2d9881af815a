-- A URL shortener: a redirect must take less than 200 ms. Readers in five regions, servers in one.
-- What does distance leave of the 200 ms, what does a cache beside the reader win back, and at which
-- load does one web server stop being enough?
local zones  = { virginia = "Virginia", california = "California", ireland = "Ireland",
                 sao_paulo = "Sao-Paulo", singapore = "Singapore" }
local shares = { virginia = 0.35, california = 0.20, ireland = 0.25, sao_paulo = 0.10,
                 singapore = 0.10 }
local codes  = math.pow(62, 8) -- of eight characters
local size   = param("size", 2e5)     -- entries of the cache beside the store
local policy = param("policy", "lru") -- and which of them makes room: lru, lfu, fifo, s3fifo, ...

local function readers(region, reads_per_day, to)
  return node(region) { model = "client.open", zone = zones[region], to = to,
                        arrivals = poisson(per_day(reads_per_day * shares[region])),
                        ops = { read = 1 }, keys = zipf { n = 1e6, exponent = 0.99 },
                        bytes = bytes(300), timeout = s(2) }
end

-- The blocks of a variant: readers everywhere, a hundredth as many writers, and what a planner would
-- write on an envelope about them. `near` names caches that stand beside their readers.
local function load(reads_per_day, near)
  local blocks = {}
  for _, region in ipairs { "virginia", "california", "ireland", "sao_paulo", "singapore" } do
    local edge = near and near[region]
    blocks[#blocks + 1] = readers(region, reads_per_day, edge or "web")
    if edge then
      blocks[#blocks + 1] = node(edge) { model = "cache", zone = zones[region], capacity = 1e5,
                                         policy = "lru", ttl = minutes(10), hit = us(200),
                                         miss_to = "web", coalesce = true }
    end
  end
  blocks[#blocks + 1] = node "writers" {
    model = "client.open", zone = "Virginia", to = "web", ops = { write = 1 },
    arrivals = poisson(per_day(reads_per_day / 100)), keys = uniform_keys(codes),
    bytes = bytes(412), timeout = s(2) }

  local asked = per_day(1.01 * reads_per_day)
  blocks[#blocks + 1] = estimate "requests" { asked * requests, simulated = "web.issued rate" }
  blocks[#blocks + 1] = estimate "web busy" { percent(100) * (asked * ms(1) / 4),
                                           simulated = "web.busy mean" }
  blocks[#blocks + 1] = estimate "requests behind a cache that takes 80 %" {
    asked * 0.2 * requests, simulated = "store.issued rate" }
  return blocks
end

local new = 1000 * urls / days(1)

return scenario {
  name = "url-shortener", duration = minutes(5), warmup = minutes(1), runs = 4,

  network { preset = "ec2-2013" },

  node "web"   { model = "service", zone = "Virginia", servers = 4, queue_limit = 1000,
                 service = exponential(ms(1)), to = "cache" },
  node "cache" { model = "cache", zone = "Virginia", capacity = size, policy = policy,
                 ttl = minutes(10), hit = us(200), miss_to = "store" },
  node "store" { model = "service", zone = "Virginia", servers = 8, queue_limit = 1000,
                 service = { read = exponential(ms(2)), write = exponential(ms(5)) } },

  variant "small" (load(100e3)), -- reads a day
  variant "large" (load(100e6)),
  variant "near"  (load(100e6, { sao_paulo = "edge_sao_paulo", singapore = "edge_singapore" })),
  variant "huge"  (load(400e6)),

  estimate "new codes"                 (new),
  estimate "storage a year"            (new * days(365) * bytes(112) / urls),
  estimate "codes of eight characters" (codes * urls),
  estimate "years until one in a thousand is taken" (codes / 1000 * urls / (new * days(365))),
  estimate "collisions of random codes in ten years" (math.pow(3650 * 1000, 2) / (2 * codes)),
  estimate "what the web server can take" (4 * requests / ms(1)),

  -- Inside one region and across one ocean the promise holds, ...
  expect { "virginia.latency p90 < 200ms",   variant = "small" },
  expect { "california.latency p90 < 200ms", variant = "small" },
  expect { "ireland.latency p90 < 200ms",    variant = "small" },
  expect { "virginia.latency p99 < 200ms",   variant = "large" },
  expect { "california.latency p99 < 200ms", variant = "large" },
  expect { "ireland.latency p99 < 200ms",    variant = "large" },
  -- ... farther away no server is fast enough, ...
  expect { "sao_paulo.latency p99 > 200ms",  variant = "large" },
  expect { "singapore.latency p50 > 200ms",  variant = "large" },
  -- ... but a copy nearby is, for what is asked for often.
  expect { "sao_paulo.latency p50 < 50ms",   variant = "near" },
  expect { "singapore.latency p50 < 50ms",   variant = "near" },
  -- One web server carries 100 million reads a day, and not 400.
  expect { "web.busy mean < 35%",            variant = "large" },
  expect { "virginia.success ratio < 90%",   variant = "huge" },

  plot { "virginia.latency p99", "singapore.latency p99", against = "time", per = "variant" },
}
