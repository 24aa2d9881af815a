-- Three stations that send requests to one another, with loops: n1 sends half to n2 and 30 % to n3,
-- n2 sends 40 % back, n3 20 %. Each behaves as an M/M/1 station on its own (Jackson 1957).
local arrivals = rate(param("arrivals", 100))
local requests = param("requests", 1e5)   -- a run
local runs     = param("runs", 20)
local loops    = param("loops", 1)        -- 0: nothing goes back to n1

-- Requests that each station sees: n1 = arrivals + 0.4 n2 + 0.2 n3, n2 = 0.5 n1, n3 = 0.3 n1.
local n1 = arrivals / (1 - loops * (0.4 * 0.5 + 0.2 * 0.3))
local n2, n3 = 0.5 * n1, 0.3 * n1
local work1, work2, work3 = ms(5), ms(10), ms(10)
local function inside(rate, work) return rate * work / (1 - rate * work) end
local total = inside(n1, work1) + inside(n2, work2) + inside(n3, work3)

local function near(figure, exact)
  return { expect(figure .. " > " .. 0.95 * exact), expect(figure .. " < " .. 1.05 * exact) }
end

local function back(share) return loops > 0 and { n1 = percent(share) } or nil end

return scenario {
  name = "jackson", duration = requests / arrivals, warmup = requests / arrivals / 20, runs = runs,

  node "users" { model = "client.open", arrivals = poisson(arrivals), to = "n1" },
  node "n1" { model = "service", service = exponential(work1),
              to = { n2 = percent(50), n3 = percent(30) } },
  node "n2" { model = "service", service = exponential(work2), to = back(40) },
  node "n3" { model = "service", service = exponential(work3), to = back(20) },

  near("n1.busy mean", n1 * work1),
  near("n2.busy mean", n2 * work2),
  near("n3.busy mean", n3 * work3),
  near("n2.queued mean", inside(n2, work2) - n2 * work2),
  near("users.latency mean", total / arrivals),   -- Little
}
