-- The traffic tier around the balancer: names, a delivery network, gates with a shared count, breakers
-- of both kinds, bulkheads, hedges that are called off, a registry that is polled and one that is
-- watched, a rolling deploy, an autoscaler, and news by polls, streams, webhooks and MQTT; while
-- members crash, hang and are cut off.
local function readers(place)
  return {
    machine("desk_" .. place) { zone = place },
    node("readers_" .. place) { model = "client.open", arrivals = poisson(rate(80)), on = "desk_" .. place,
      ops = { read = percent(90), write = percent(10) }, keys = zipf { n = 2000, exponent = 0.9 }, timeout = ms(600),
      retry = retry { max = 2, backoff = ms(20), jitter = "full" }, to = "names_" .. place },
    node("names_" .. place) { model = "dns.client", on = "desk_" .. place, to = "point", resolver = "dns" },
  }
end

local function followers(name, fields)
  local block = { model = "client.streaming", count = 40, ramp_up = s(2),
                  reconnect = retry { max = 100, backoff = ms(300), jitter = "full" } }
  for key, value in pairs(fields) do block[key] = value end
  return node(name)(block)
end

return scenario {
  name = "traffic", duration = s(40), warmup = s(2), runs = 2,
  network { latency = lognormal { median = ms(1), p99 = ms(8) }, loss = percent(0.1),
            link { "america", "europe", latency = normal { mean = ms(45), sd = ms(3) } } },

  readers "america", readers "europe",
  node "dns"    { model = "dns", to = "point", policy = "latency", zone = "america", ttl = s(5),
                  check_interval = s(2), check_timeout = s(1) },
  node "point"  { model = "cache", count = 4, zone = { "america", "europe" }, capacity = 200, ttl = s(9),
                  ttl_jitter = percent(20), coalesce = true, replicate = "copies", holders = 2,
                  policy = "wtinylfu", miss_to = "front" },
  node "front"  { model = "proxy", to = "gate", cost = exponential(us(80)), handshake = us(500),
                  new_connections = percent(10), compress_speed = MB_s(80), zone = "america" },
  node "gate"   { model = "limiter", to = "guard", count = 2, limit = 120, policy = "sliding_counter",
                  shared = "counts", timeout = ms(50) },
  node "counts" { model = "store.counter", ttl = s(2) },
  node "guard"  { model = "breaker", to = "hold", scope = "member", timeout = ms(400), open_for = s(1),
                  window = s(2) },
  node "hold"   { model = "bulkhead", count = 2, to = "watch", concurrent = 30 },
  node "watch"  { model = "balancer", to = "old new", registry = "list", watch = true, retry_on = "failures" },
  node "poll"   { model = "balancer", to = "old new", registry = "list", poll = s(3), retry_on = "failures" },
  node "list"   { model = "registry", to = "old new", ttl = s(3), sweep = s(1) },
  node "old"    { model = "service", count = 4, count_max = 4, servers = 4, queue_limit = 100,
                  service = lognormal { median = ms(4), p99 = ms(40) }, report_to = "list", to = "db" },
  node "new"    { model = "service", count = 0, count_max = 4, servers = 4, queue_limit = 100,
                  service = lognormal { median = ms(3), p99 = ms(40) }, report_to = "list", to = "db" },
  node "deploy" { model = "deploy", from = "old", to = "new", at = s(15), boot = s(2) },
  node "db"     { model = "store.memory", service = exponential(ms(1)), servers = 8 },

  node "jobs"   { model = "client.open", arrivals = poisson(rate(60)), to = "pool",
                  hedge = hedge { after = ms(30), budget = percent(20), cancel = true } },
  node "others" { model = "client.open", arrivals = poisson(rate(30)), to = "poll", timeout = ms(500) },
  node "pool"   { model = "service", count = 3, count_max = 8, service = exponential(ms(25)),
                  queue_limit = 50, report_to = "scaler" },
  node "scaler" { model = "autoscaler", to = "pool", busy = percent(60), boot = s(3) },

  node "source" { model = "feed.publisher", to = "feed broker hook", updates = poisson(rate(5)),
                  timeout = s(1), retry = retry { max = 4, backoff = ms(200), jitter = "full" } },
  node "feed"   { model = "feed.server", count = 2, accept = exponential(ms(1)), push = us(100), hold = s(2) },
  node "broker" { model = "feed.broker", accept = exponential(ms(1)), push = us(100), inflight = 3,
                  queue = 20 },
  node "hook"   { model = "feed.webhook", service = exponential(ms(5)), errors = percent(5) },
  node "asking" { model = "client.polling", to = "feed", count = 20, interval = s(1) },
  followers("events", { to = "feed", timeout = s(1) }),
  followers("devices", { to = "broker", protocol = "mqtt", qos = 1, clean = false, keep_alive = s(1) }),

  crash { "point[2]", from = s(6), to = s(9) },
  crash { "feed[1]", from = s(12), to = s(14) },
  pause { "old[2]", from = s(8), to = s(13) },
  pause { "counts", from = s(20), to = s(22) },
  crash { "new[3]", from = s(27), to = s(33), silent = true },
  partition { sides = { "devices", "broker" }, from = s(18), to = s(23) },
  surge { "jobs", from = s(24), to = s(34), factor = 3 },
}
