-- A store on one machine whose writes do not wait for the disk: is it the queue that its page says it is?
local load     = param("load", 0.8)       -- offered work per server
local servers  = param("servers", 2)
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)

local mean     = ms(10)
local arrivals = load * servers / mean

-- Erlang's B by its recursion, and C from it: the share that waits.
local blocked = 1
for c = 1, servers do
  blocked = load * servers * blocked / (c + load * servers * blocked)
end
local delayed = blocked / (1 - load * (1 - blocked))
local wait    = delayed * mean / (servers * (1 - load))

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

return scenario {
  name = "store-mmc", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), ops = { read = 0.5, write = 0.5 },
                 keys = uniform_keys(1000), to = "store" },
  node "store" { model = "store.single", servers = servers, service = exponential(mean), sync_period = s(1) },

  near("store.busy mean", load),
  near("users.latency mean", wait + mean),
  near("store.wait mean", wait),
  near("store.queued mean", arrivals * wait),
  near("store.commits rate", 0.5 * arrivals),
}
