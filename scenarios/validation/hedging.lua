-- Exponential answers, and a second attempt after a while. How long does it take, and how many
-- requests more does it cost? (Dean and Barroso, "The tail at scale", CACM 56(2), 2013.)
local after    = param("after", 1)       -- when the second is made, in means of an answer
local requests = param("requests", 1e5)  -- a run
local runs     = param("runs", 10)

local mean = ms(10)
-- Until `after` there is one attempt; from then on two, of which the first to answer wins.
local hedged  = math.exp(-after)
local latency = (1 - hedged) * mean + hedged * mean / 2

return scenario {
  name = "hedging", duration = s(requests / 1000), warmup = s(0), runs = runs,

  node "users"  { model = "client.open", arrivals = poisson(rate(1000)), to = "server",
                  hedge = hedge { after = after * mean } },
  node "server" { model = "service", count = 2, servers = 1e6, service = exponential(mean) },

  expect("users.latency mean > " .. 0.99 * latency),
  expect("users.latency mean < " .. 1.01 * latency),
  expect("server.issued rate > " .. 0.99 * 1000 * (1 + hedged) .. "/s"),
  expect("server.issued rate < " .. 1.01 * 1000 * (1 + hedged) .. "/s"),
}
