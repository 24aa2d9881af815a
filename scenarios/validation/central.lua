-- A fixed number of users, a processor, and three devices that some requests go on to: the central
-- server. Where is the bottleneck, and what does one more user add?
local users   = param("users", 10)
local think   = param("think", s(1))       -- 0 = none
local servers = param("servers", 1)        -- processors
local stations = {                         -- share of the requests, mean work of a visit
  { 1,                     param("processor", ms(50)) },
  { param("share_a", 0.4), param("work_a", ms(200)) },
  { param("share_b", 0.2), param("work_b", ms(200)) },
  { param("share_c", 0.1), param("work_c", ms(100)) },
}
local cycles = param("cycles", 1e5)        -- a run, about
local runs   = param("runs", 20)

-- Product form (Gordon and Newell 1967) by convolution (Buzen 1973): g[n] sums the weights of all
-- ways to place n users; a station with n users weighs demand^n / (min(1, c) ... min(n, c)).
local g = { [0] = 1 }
for n = 1, users do g[n] = g[n - 1] * (think / s(1)) / n end
for i, station in ipairs(stations) do
  local demand, c = station[1] * station[2] / s(1), i == 1 and servers or 1
  local next_g = {}
  for n = 0, users do
    local weight, total = 1, 0
    for k = 0, n do
      total  = total + weight * g[n - k]
      weight = weight * demand / math.min(k + 1, c)
    end
    next_g[n] = total
  end
  g = next_g
end
local throughput = rate(g[users - 1] / g[users])
local duration   = cycles / throughput

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.96 * exact), expect(figure .. " < " .. 1.04 * exact) }
end
local blocks = {
  name = "central", duration = duration, warmup = duration / 20, runs = runs, drain = hours(1),

  node "users" { model = "client.closed", sessions = users, to = "processor",
                 think = think > s(0) and exponential(think) or nil },
  expect("users.throughput mean > " .. 0.98 * throughput),
  expect("users.throughput mean < " .. 1.02 * throughput),
  near("users.latency mean", users / throughput - think),   -- Little
  near("processor.busy mean", throughput * stations[1][2] / servers),
}
local to = {}
for i, name in ipairs { "a", "b", "c" } do
  local share, work = stations[i + 1][1], stations[i + 1][2]
  if share > 0 then
    to[name] = share
    blocks[#blocks + 1] = node(name) { model = "service", service = exponential(work) }
    blocks[#blocks + 1] = near(name .. ".busy mean", throughput * share * work)
  end
end
blocks[#blocks + 1] = node "processor" { model = "service", servers = servers, to = to,
                                         service = exponential(stations[1][2]) }
return scenario(blocks)
