-- N machines run, break, and wait for one of c mechanics; or N users think, ask, and wait for one of
-- c servers: the smallest closed system. How many machines are down, how long do users wait?
local machines = param("machines", 10)
local servers  = param("servers", 1)
local think    = param("think", s(0.1))   -- mean time that a machine runs
local work     = param("work", ms(10))    -- mean time of a repair
local cycles   = param("cycles", 1e5)     -- a run, about
local runs     = param("runs", 20)

-- p[n]: share of time with n down; rates (N - n) / think up and min(n, c) / work down.
local p, sum = { [0] = 1 }, 1
for n = 1, machines do
  p[n] = p[n - 1] * (machines - n + 1) / math.min(n, servers) * (work / think)
  sum  = sum + p[n]
end
local down = 0
for n = 0, machines do down = down + n * p[n] / sum end
local throughput = (machines - down) / think
local duration   = cycles / throughput

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.96 * exact), expect(figure .. " < " .. 1.04 * exact) }
end

return scenario {
  name = "repair", duration = duration, warmup = duration / 20, runs = runs,

  node "machines"  { model = "client.closed", sessions = machines, think = exponential(think),
                     to = "mechanics" },
  node "mechanics" { model = "service", servers = servers, service = exponential(work) },

  near("machines.open mean", down),
  expect("machines.throughput mean > " .. 0.98 * throughput),
  expect("machines.throughput mean < " .. 1.02 * throughput),
  near("machines.latency mean", down / throughput),   -- Little
}
