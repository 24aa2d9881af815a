-- Poisson arrivals, exponential service, c servers and room for K: the first page of queueing theory.
-- Do users of a whole system, with client, calls and replies, wait as long as it says?
local load     = param("load", 0.8)       -- offered work per server
local servers  = param("servers", 2)
local places   = param("places", 0)       -- K, those in service included; 0 = any number
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load * servers / mean

-- p[n]: share of time with n inside (birth and death), up to K or to where nothing is left.
local last = places > 0 and places or 5000
local p, sum = { [0] = 1 }, 1
for n = 1, last do
  p[n] = p[n - 1] * load * servers / math.min(n, servers)
  sum  = sum + p[n]
end
local waiting, working, delayed = 0, 0, 0
for n = 0, last do
  p[n]    = p[n] / sum
  working = working + p[n] * math.min(n, servers)
  waiting = waiting + p[n] * math.max(n - servers, 0)
  delayed = delayed + (n >= servers and p[n] or 0)   -- Erlang's C where there is room for all
end
local blocked = places > 0 and p[places] or 0        -- Erlang's B where K = c
local wait    = waiting / (arrivals * (1 - blocked)) -- Little

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.96 * exact), expect(figure .. " < " .. 1.04 * exact) }
end

return scenario {
  name = "mmc", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "api" },
  node "api"   { model = "service", servers = servers, service = exponential(mean),
                 queue_limit = places > 0 and places - servers or -1 },

  near("api.busy mean", working / servers),
  near("users.latency.answered mean", wait + mean),
  waiting > 0 and near("api.queued mean", waiting) or {},
  waiting > 0 and near("api.wait mean", wait) or {},
  blocked > 0 and near("users.rejected ratio", blocked) or expect("users.rejected total == 0"),
  -- P(wait > t) = delayed exp(-(c mu - lambda) t)
  blocked == 0 and delayed > 0.2
    and near("api.wait p90", math.log(delayed / 0.1) * mean / (servers * (1 - load))) or {},
  -- One server: time inside is exponential as well.
  blocked == 0 and servers == 1
    and { near("users.latency p50", math.log(2) * (wait + mean)),
          near("users.latency p90", math.log(10) * (wait + mean)) } or {},
}
