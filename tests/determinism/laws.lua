-- Every law of durations, arrivals and keys, with time constants of days: one unit in the last place
-- of a draw is then tens of microseconds of the clock's nanoseconds, so that no difference between
-- two builds stays below what a run can see.
local laws = {
  uniform = uniform(hours(1), days(2)),
  exponential = exponential(days(1)),
  erlang = erlang { stages = 4, mean = days(1) },
  gamma = gamma { shape = 0.7, mean = days(1) },
  hyperexponential = hyperexponential { mean = days(1), cv2 = 4 },
  normal = normal { mean = days(1), sd = hours(6) },
  folded_normal = folded_normal { mean = hours(1), sd = days(1) },
  lognormal = lognormal { median = days(1), p99 = days(9) },
  weibull = weibull { shape = 1.7, mean = days(1) },
  pareto = pareto { min = hours(8), alpha = 2.3 },
  mixture = mixture { { 0.7, exponential(hours(9)) }, { 0.3, lognormal { mean = days(2), cv2 = 3 } } },
  shifted = shifted(exponential(hours(20)), hours(3)),
  scaled = scaled(gamma { shape = 3.5, mean = hours(20) }, 1.3),
  truncated = truncated(normal { mean = days(1), sd = days(1) }, hours(1), days(3)),
  from_quantiles = from_quantiles { p0 = hours(1), p50 = hours(20), p99 = days(4), p100 = days(9) },
}

local arrivals = {
  poisson = poisson(per_day(2)),
  regular = regular(per_day(1.3)),
  bursty = bursty { rate = per_day(20), on = exponential(days(2)), off = exponential(days(9)) },
  ramp = ramp { from = per_day(0.1), to = per_day(3), over = days(200) },
  spike = spike { base = per_day(1), peak = per_day(30), at = days(100), lasts = days(30) },
  daily = daily { mean = per_day(4), peak = 1.8 },
}

local keys = {
  uniform_keys = uniform_keys(1000),
  zipf = zipf { n = 1e6, exponent = 0.99 },
  zipf_steep = zipf { n = 1e5, exponent = 1.4 },
  hot_set = hot_set { n = 1000, hot = percent(20), share = percent(80) },
  sequential = sequential(1000),
  latest = latest { n = 1000 },
}

local blocks = {}
local function add(block) blocks[#blocks + 1] = block end

for name, law in pairs(laws) do
  add(node("law_" .. name) { model = "client.open", arrivals = renewal(law), to = "server_" .. name })
  add(node("server_" .. name) { model = "service", servers = 3, service = law })
end
for name, law in pairs(arrivals) do
  add(node("arrivals_" .. name) { model = "client.open", arrivals = law, to = "store" })
end
for name, law in pairs(keys) do
  add(node("keys_" .. name) { model = "client.open", arrivals = poisson(per_day(9)), keys = law,
                              to = "edge", ops = { read = 0.9, write = 0.1 } })
end
add(node "edge" { model = "cache", capacity = 300, policy = "lru", ttl = days(20),
                  hit = exponential(minutes(1)), miss_to = "store" })
add(node "store" { model = "service", servers = 4, service = exponential(minutes(20)) })

blocks.name = "laws"
blocks.duration = days(300)
blocks.warmup = days(20)
blocks.runs = 2
return scenario(blocks)
