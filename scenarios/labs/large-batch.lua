-- A job reads a thousand rows a second, so many at once. One coordinator puts each batch together, or the rows
-- are spread over all coordinators. What do small reads notice that have nothing to do with it, and how long
-- does the job wait?
local rows = param("rows", 2000) -- of a batch
local seconds = rows / 1000      -- from one to the next

-- `on`: where the rows of a batch are put together; `coordinators`: who gets them from their replicas.
local function batches(on, coordinators)
  return node "batch" { model = "store.sharded", on = on, shards = { coordinators }, keys = 1e6, gather = "keys",
                        timeout = s(10) }
end

local function ms_of(per_row, rest) return string.format("%.3fms", per_row * rows + rest) end

return scenario {
  name = "large-batch", duration = s(65), warmup = s(5), runs = 4,

  network { latency = us(250) },
  machine "desk" { bandwidth = Gbit_s(1) },
  machine "box"  { count = 6, bandwidth = Gbit_s(1) },
  -- A row is on three of six machines; all three send it to the coordinator, who waits for two.
  node "replica" { model = "store.quorum", on = "box", count = 6, replicas = 3, keys = 1e6,
                   value_bytes = KiB(10) },
  node "users"   { model = "client.open", arrivals = poisson(rate(1200)), to = "replica", ops = { read = 1 },
                   keys = uniform_keys(1e6), timeout = s(2) },
  node "job"     { model = "client.open", on = "desk", arrivals = regular { rate = rate(1 / seconds) },
                   to = "batch", ops = { scan = 1 }, scan_keys = rows, keys = uniform_keys(1e6 - 2000),
                   timeout = s(10) },

  variant "one coordinator"  { batches("box", "replica[1]") },
  variant "all coordinators" { batches("desk", "replica") },
  sweep { rows = { 50, 200, 500, 1000, 2000 } },

  -- 2.5 replicas of a row are elsewhere: 0.2048 ms a row of the coordinator's port. To send it on takes 0.0819
  -- ms more, and as much of the job's port. That is a fifth of the time; what comes to this coordinator then
  -- waits for the rest of the first and all of the second. Of all reads, of which it has a sixth, one in a
  -- hundred waits 0.227 ms a row or longer.
  expect { "users.latency p99 > " .. ms_of(0.215, 0), variant = "one coordinator" },
  expect { "users.latency p99 < " .. ms_of(0.240, 3), variant = "one coordinator" },
  expect { "job.latency mean > " .. ms_of(0.36, 0), variant = "one coordinator" },
  expect { "job.latency mean < " .. ms_of(0.39, 5), variant = "one coordinator" },
  -- A sixth of a batch at each of six, who send as replicas, too: 0.0341 ms of either direction a row, and to
  -- the job 0.0137. The job's port takes 0.0819.
  expect { "users.latency p99 > " .. ms_of(0.030, 0), variant = "all coordinators" },
  expect { "users.latency p99 < " .. ms_of(0.045, 3), variant = "all coordinators" },
  expect { "job.latency mean > " .. ms_of(0.0819, 0), variant = "all coordinators" },
  expect { "job.latency mean < " .. ms_of(0.11, 5), variant = "all coordinators" },
  expect { "users.latency p50 < 2ms" },

  plot { "users.latency p99", "job.latency mean", against = "rows", per = "variant" },
}
