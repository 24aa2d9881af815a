-- Every fault, scheduled and drawn, on a lossy network with both transports, every order of service,
-- closed clients with retries, disks and cores.
local blocks = {
  name = "faults", duration = s(60), warmup = s(2), runs = 2,

  network { latency = lognormal { median = ms(2), p99 = ms(20) }, loss = percent(0.5),
            duplicate = percent(0.2), reorder = percent(1) },

  node "users"    { model = "client.closed", sessions = 40, think = exponential(ms(50)),
                    to = "balancer", timeout = ms(300), deadline = s(1), keys = zipf { n = 1e4 },
                    retry = retry { max = 3, backoff = ms(20), jitter = "decorrelated" } },
  node "bursts"   { model = "client.open", to = "web", choose = "random",
                    arrivals = bursty { rate = rate(300), on = exponential(s(1)),
                                        off = exponential(s(3)) },
                    timeout = ms(200), retry = retry { max = 2, budget = percent(20) } },
  node "balancer" { model = "balancer", to = "web", policy = "two_choices", timeout = ms(150),
                    retries = 1, retry_on = "failures", cost = exponential(us(100)) },
  node "web"      { model = "service", count = 4, servers = 2, queue_limit = 50, slots = 8,
                    service = lognormal { median = ms(3), p99 = ms(30) }, to = "edge",
                    timeout = ms(100), retry = retry { max = 1, jitter = "equal", backoff = ms(5) } },
  node "edge"     { model = "cache", capacity = 500, policy = "fifo", ttl = s(5),
                    hit = us(100), miss_to = "db", coalesce = true },
  node "db"       { model = "service", servers = 3, service = hyperexponential { mean = ms(4), cv2 = 4 },
                    discipline = "processor_sharing", queue_limit = 200 },

  partition { from = s(10), to = s(13), sides = { "web[1..2]", "edge db" } },
  partition { from = s(14), to = s(15), sides = { "users", "balancer" }, one_way = true },
  crash     { "web[3]", from = s(16), to = s(20) },
  crash     { "web[4]", from = s(18), to = s(22), silent = true },
  crash     { "web", mttf = exponential(s(20)), mttr = exponential(s(1)) },
  pause     { "db", from = s(25), to = s(26) },
  slow      { "web[1]", from = s(28), to = s(33), factor = 6 },
  slow      { "edge", mttf = exponential(s(15)), mttr = lognormal { median = s(1), p99 = s(4) },
              factor = 3 },
  surge     { "bursts", from = s(40), to = s(45), factor = 3 },
}
for _, discipline in ipairs { "lifo", "priority", "priority_preemptive", "shortest_remaining", "random" } do
  blocks[#blocks + 1] = node("order_" .. discipline) {
    model = "service", servers = 2, discipline = discipline, service = exponential(ms(10)) }
  for priority = 0, 2 do
    blocks[#blocks + 1] = node("users_" .. discipline .. priority) {
      model = "client.open", arrivals = poisson(rate(60)), priority = priority,
      to = "order_" .. discipline }
  end
end
return scenario(blocks)
