-- Three replicas, all up, clocks right, no partition. Every read meets every write that was acknowledged, since
-- R + W > N. Is that a register that behaves as one copy would? What does it cost to have one?
local function replicas(read, write, protocol)
  return node "replica" { model = "store.quorum", count = 3, read_quorum = read, write_quorum = write,
                          protocol = protocol, read_repair = percent(0) }
end

return scenario {
  name = "quorums-that-meet", duration = s(10), warmup = s(1), runs = 6,

  network { latency = lognormal { median = ms(1), p99 = ms(20) } },

  node "readers" { model = "client.closed", sessions = 16, think = exponential(ms(5)), to = "replica",
                   ops = { read = 1 }, keys = uniform_keys(3), timeout = s(1) },
  node "writers" { like = "readers", sessions = 4, ops = { write = 1 } },

  variant "R=2 W=2"     { replicas(2, 2, "last_write_wins") },
  variant "R=1 W=3"     { replicas(1, 3, "last_write_wins") },
  variant "abd R=2 W=2" { replicas(2, 2, "abd") },

  -- What is over is seen: no read misses a write that was acknowledged before it began. And yet:
  expect { "history is at most 0 versions stale", variant = "R=2 W=2" },
  expect { "history is at most 0 versions stale", variant = "R=1 W=3" },
  expect { "history is not linearizable",         variant = "R=2 W=2" },
  expect { "history is not linearizable",         variant = "R=1 W=3" },
  expect { "history has no monotonic reads",      variant = "R=2 W=2" },
  expect { "history is linearizable",             variant = "abd R=2 W=2" },
  expect { "history has monotonic reads",         variant = "abd R=2 W=2" },

  -- A write of abd takes a round more; a read only where replicas disagree.
  expect { "writers.latency p50 < 6ms", variant = "R=2 W=2" },
  expect { "writers.latency p50 > 6ms", variant = "abd R=2 W=2" },
  expect { "readers.latency p50 < 6ms", variant = "abd R=2 W=2" },

  plot { "readers.latency mean", against = "writers.latency mean", title = "What one copy costs" },
}
