-- A request is over when the last of many leaves has answered, and one leaf in a hundred takes a
-- second. How often does the request? (Dean and Barroso, "The tail at scale", CACM 56(2), 2013.)
local leaves   = param("leaves", 100)
local slow     = param("slow", 0.01)      -- share of the answers of a leaf that take a second
local wait_for = param("wait_for", 100)   -- answers that are enough
local requests = param("requests", 4e3)   -- a run
local runs     = param("runs", 10)

-- In time when at least wait_for of the leaves are: a binomial sum.
local in_time, term = 0, math.pow(1 - slow, leaves)
for late = 0, leaves - wait_for do
  in_time = in_time + term
  term = term * (leaves - late) / (late + 1) * slow / (1 - slow)
end

return scenario {
  name = "fan-out", duration = s(requests / 1000), warmup = s(0), runs = runs,

  node "users" { model = "client.open", arrivals = poisson(rate(1000)), to = "root",
                 timeout = ms(500) },
  node "root"  { model = "service", service = ms(0), to = "leaf",
                 fan_out = leaves, wait_for = wait_for },
  node "leaf"  { model = "service", count = leaves, servers = 1e6,
                 service = mixture { { 1 - slow, ms(10) }, { slow, s(1) } } },

  expect("users.failed ratio > " .. 0.95 * (1 - in_time)),
  expect("users.failed ratio < " .. 1.05 * (1 - in_time)),
}
