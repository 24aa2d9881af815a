-- A read is sent to several replicas and takes the first, or the second, answer. What does that do
-- to the tail? (Bailis, "Doing redundant work to speed up distributed queries", 2012; each way has
-- the law of the store of Yammer in his measurements.)
local sent     = param("sent", 3)
local wait_for = param("wait_for", 1)
local requests = param("requests", 2e5)   -- a run
local runs     = param("runs", 10)

local published = { { ms(170) }, { ms(10.7), ms(200.6) }, { ms(5.6), ms(33.9), ms(218.2) } }
local p999 = published[sent][wait_for]

-- 98.2 % Pareto of at least 1.5 ms and shape 3.8, 1.8 % exponential at 0.0217 a millisecond.
local way = mixture { { 0.982, pareto { min = ms(1.5), alpha = 3.8 } },
                      { 0.018, exponential(ms(1 / 0.0217)) } }

return scenario {
  name = "redundant-reads", duration = s(requests / 1000), warmup = s(0), runs = runs,

  network { latency = ms(0), zones = { "here", "there" },
            link { "here", "there", latency = way } },
  node "users"       { model = "client.open", arrivals = poisson(rate(1000)), to = "coordinator",
                       zone = "here" },
  node "coordinator" { model = "service", service = ms(0), servers = 1e6, zone = "here",
                       to = "replica", fan_out = sent, wait_for = wait_for },
  node "replica"     { model = "service", service = ms(0), servers = 1e6, zone = "there",
                       count = sent },

  expect("users.latency p99.9 > " .. 0.93 * p999),
  expect("users.latency p99.9 < " .. 1.07 * p999),
}
