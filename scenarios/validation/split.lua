-- Ten servers, each with a queue of its own, and four ways to choose one.
-- How far does each fall behind one queue before all of them?
local policy   = param("policy", "round_robin")   -- random, two_choices, least_connections
local load     = param("load", 0.8)
local servers  = param("servers", 10)
local choices  = param("choices", 2)      -- of two_choices: so many are compared
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load * servers / mean

local function near(figure, exact, margin)
  return { expect(figure .. " > " .. (1 - margin) * exact),
           expect(figure .. " < " .. (1 + margin) * exact) }
end

local expected
if policy == "random" then
  -- A share of a Poisson stream is one: M/M/1. Time inside is exponential.
  local sojourn = mean / (1 - load)
  expected = { near("users.latency mean", sojourn, 0.05),
               near("users.latency p99", math.log(100) * sojourn, 0.05) }
elseif policy == "round_robin" then
  -- Every server gets each n-th arrival: E_n/M/1, exponential time inside; sigma = A*(mu (1-sigma)).
  local sigma = load
  for _ = 1, 1000 do sigma = math.pow(1 + (1 - sigma) / (load * servers), -servers) end
  local sojourn = mean / (1 - sigma)
  expected = { near("users.latency mean", sojourn, 0.05),
               near("users.latency p99", math.log(100) * sojourn, 0.05) }
elseif policy == "two_choices" then
  -- Many servers (Mitzenmacher 2001): P(i or more at a server) = load^(1 + d + ... + d^(i-1)). Ten are not many.
  local inside, power = 0, 0.0
  for i = 1, 1000 do
    power = power * choices + 1
    inside = inside + math.pow(load, math.min(power, 1e6))
  end
  expected = near("users.latency mean", inside / load * mean, servers >= 50 and 0.05 or 0.15)
else
  -- One queue before all servers (M/M/c) is the best that can be.
  local b = 1
  for k = 1, servers do b = load * servers * b / (k + load * servers * b) end
  local c = b / (1 - load * (1 - b))
  local sojourn = mean + c * mean / (servers * (1 - load))
  expected = { expect("users.latency mean > " .. sojourn),
               expect("users.latency mean < " .. mean / (1 - load)) }
end

return scenario {
  name = "split", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users"    { model = "client.open", arrivals = poisson(arrivals), to = "balancer" },
  node "balancer" { model = "balancer", to = "server", policy = policy, choices = choices },
  node "server"   { model = "service", count = servers, service = exponential(mean) },

  near("server.busy mean", load, 0.02),
  expected,
}
