-- Some attempts fail, each independently of the others, and clients try again at once.
-- How much load do retries add, and how many requests fail for good?
local fails    = param("fails", 0.5)      -- of attempts
local retries  = param("retries", 3)
local requests = param("requests", 2e5)   -- a run
local runs     = param("runs", 10)

local arrivals = rate(100)
local lost     = math.pow(fails, retries + 1)
local attempts = 0                        -- a request: 1 + p + p^2 + ...
for k = 0, retries do attempts = attempts + math.pow(fails, k) end

return scenario {
  name = "retries", duration = requests / arrivals, warmup = s(0), runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "api",
                 retry = retry { max = retries } },
  node "api"   { model = "service", servers = 100, service = exponential(ms(10)),
                 errors = fails },

  expect("users.attempts mean > " .. 0.99 * attempts * arrivals),
  expect("users.attempts mean < " .. 1.01 * attempts * arrivals),
  expect("users.errors ratio >= " .. 0.97 * lost),
  expect("users.errors ratio <= " .. 1.03 * lost),
}
