-- Every policy of the balancer, with weights, sessions, checks, ejections and both layers, while
-- members crash, slow down, come and go.
local function members(name, policy)
  local weighs = { weighted = true, ring = true, rendezvous = true, maglev = true, bounded = true }
  if not weighs[policy] then return name .. " web" end
  return { [name] = 0.3, web = 0.6 }
end

local policies = { "round_robin", "random", "least_connections", "two_choices", "weighted",
                   "least_response_time", "nearest", "active_passive", "modulo", "ring", "jump",
                   "rendezvous", "maglev", "bounded" }
local blocks = {
  name = "balancing", duration = s(40), warmup = s(2), runs = 2,
  network { latency = lognormal { median = ms(1), p99 = ms(8) }, loss = percent(0.1) },
  node "web"   { model = "service", count = 4, count_max = 6, servers = 8, queue_limit = 200,
                 service = lognormal { median = ms(2), p99 = ms(30) } },
  node "spare" { model = "service", count = 2, servers = 2, service = exponential(ms(5)) },
  crash { "web[2]", from = s(8), to = s(14) },
  crash { "web[3]", from = s(12), to = s(20), silent = true },
  slow  { "web[1]", from = s(18), to = s(26), factor = 8 },
  scale { "web", count = 6, from = s(22) },
  scale { "web", count = 3, from = s(32) },
}
for i, policy in ipairs(policies) do
  blocks[#blocks + 1] = node("users_" .. policy) {
    model = "client.open", arrivals = poisson(rate(60)), sessions = 50, to = "lb_" .. policy,
    timeout = ms(400), keys = zipf { n = 1e4 } }
  blocks[#blocks + 1] = node("lb_" .. policy) {
    model = "balancer", policy = policy, to = members("spare", policy), cost = exponential(us(50)),
    timeout = ms(200), retry_on = "failures", check_interval = i % 2 == 0 and s(1) or none,
    eject_after = i % 3, eject_time = s(3), panic = percent(40),
    layer = i % 4 == 3 and "l4" or "l7", connection_requests = 20, sticky = i % 4 == 1,
    affinity_max = 30, choices = 3 }
end
return scenario(blocks)
