-- Five members agree by Raft. Each of them crashes once, for five seconds, so that a leader is lost at
-- least once in every run. How long does nobody lead, what do clients see of it, and what does a short
-- election timeout cost?
local timeout = param("timeout", 0.15) -- s: the least; the most is twice that

-- Followers heard the leader a moment ago, since every write and every read is a word from it. The first
-- of four survivors stands after a fifth of the range; then two rounds of votes and two fsyncs.
local gap = 1.2 * timeout + 0.012

local function users(fields)
  local block = { model = "client.open", arrivals = poisson(rate(200)), to = "replica",
                  ops = { read = 0.5, write = 0.5 }, keys = uniform_keys(100), timeout = s(10) }
  for name, value in pairs(fields) do block[name] = value end
  return node "users" (block)
end

local crashes = {}
for i = 1, 5 do
  crashes[i] = crash { "replica[" .. i .. "]", from = s(20 * i), to = s(20 * i + 5) }
end

-- Of the 110 s that count. A leader that is chosen anew can be lost again: 1.6 are, in the mean.
local function led(losses)
  return 1 - losses * gap / 110
end

return scenario {
  name = "raft-failover", duration = s(120), warmup = s(10), runs = 8,

  network { latency = lognormal { median = ms(0.5), p99 = ms(4) } },
  node "replica" { model = "store.raft", count = 5, fsync = exponential(ms(2)),
                   election_timeout = s(timeout) },

  variant "once"  { users {} },
  variant "again" { users { retry = retry { max = 20, backoff = ms(20), cap = ms(200),
                                            on = "unserved" } } },
  crashes,
  sweep { timeout = { 0.005, 0.05, 0.15, 0.5, 1.5 } },

  expect { "history is linearizable", variant = "once" },
  timeout >= 0.05 and {
    expect(string.format("replica.leaders mean > %.5f", led(2.6))),
    expect(string.format("replica.leaders mean < %.5f", led(0.8))),
    expect "replica.elections total < 5",
  } or expect "replica.pre_votes total > 4",
  timeout < 1 and expect { "users.success ratio > 99.9%", variant = "again" } or {},
  expect { "users.success ratio < 95.6%", variant = "once" },

  estimate "time without a leader, each time" { s(gap) },
  plot { "users.success ratio", "users.latency p99", "replica.leaders mean", against = "timeout",
         per = "variant" },
}
