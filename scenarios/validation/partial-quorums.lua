-- Three replicas with the measured delays of LinkedIn's stores on disks: a library writes to all and
-- waits for W, another one reads from all and waits for R. How long do they take? (Bailis and others,
-- "Probabilistically bounded staleness for practical partial quorums", PVLDB 5(8), 2012.)
local r        = param("r", 1)
local w        = param("w", 2)
local requests = param("requests", 1e5) -- a run, of each kind
local runs     = param("runs", 10)

-- One-way delays: the way of a write to a replica, and all other ways.
local write = mixture { { 0.38, pareto { min = ms(1.05), alpha = 1.51 } },
                        { 0.62, exponential(ms(1 / 0.183)) } }
local other = mixture { { 0.9122, pareto { min = ms(0.235), alpha = 10 } },
                        { 0.0878, exponential(ms(1 / 1.66)) } }

-- Exact figures, ms: the r-th of three sums R + S, the w-th of three sums W + A.
local reads  = { { p50 = 0.489, p999 = 0.655 }, { p50 = 0.515, p999 = 1.630 },
                 { p50 = 0.566, p999 = 4.115 } }
local writes = { { p50 = 1.505, p999 = 10.93 }, { p50 = 2.770, p999 = 21.02 },
                 { p50 = 6.963, p999 = 111.5 } }

local function around(figure, value, tolerance)
  return {
    expect(string.format("%s > %.5fms", figure, (1 - tolerance) * value)),
    expect(string.format("%s < %.5fms", figure, (1 + tolerance) * value)),
  }
end
local function quorum(fields)
  local library = { model = "store.quorum_client", to = "replica", read_quorum = r,
                    write_quorum = w, read_repair = percent(0), timeout = s(1e5), probe = none }
  for name, value in pairs(fields) do library[name] = value end
  return library
end

return scenario {
  name = "partial-quorums", duration = s(requests / 1000), warmup = s(0), runs = runs,

  network { zones = { "writing", "reading", "storing" },
            link { "writing", "storing", latency = write, one_way = true },
            link { "storing", "writing", latency = other, one_way = true },
            link { "reading", "storing", latency = other, one_way = true },
            link { "storing", "reading", latency = other, one_way = true } },
  machine "writer" { zone = "writing" },
  machine "reader" { zone = "reading" },

  node "writers" { model = "client.open", on = "writer", arrivals = poisson(rate(1000)),
                   ops = { write = 1 }, to = "writes" },
  node "readers" { model = "client.open", on = "reader", arrivals = poisson(rate(1000)),
                   ops = { read = 1 }, to = "reads" },
  node "writes" (quorum { on = "writer" }),
  node "reads" (quorum { on = "reader" }),
  node "replica" { model = "store.quorum", count = 3, zone = "storing", service = ms(0),
                   hinted_handoff = false },

  around("readers.latency p50", reads[r].p50, 0.02),
  around("readers.latency p99.9", reads[r].p999, 0.02),
  around("writers.latency p50", writes[w].p50, 0.02),
  around("writers.latency p99.9", writes[w].p999, 0.035),
}
