-- Every replicated store under crashes, cuts, a lossy network, disks that hang and clocks that are
-- wrong, with clients that read, write, compare, increment and append, at both ends of a cut; and
-- clients that take turns by locks.
local law = exponential(ms(1))

return scenario {
  name = "stores", duration = s(16), warmup = s(1), runs = 2,
  network { latency = lognormal { median = ms(1), p99 = ms(9) }, loss = percent(0.3),
            duplicate = percent(0.1), reorder = percent(0.5) },

  node "near" { model = "client.open", arrivals = poisson(rate(120)), to = "store[1]",
                keys = zipf { n = 40, exponent = 0.9 }, timeout = ms(400), sessions = 10,
                ops = { read = 0.6, write = 0.3, compare_and_set = 0.1 },
                retry = retry { max = 2, backoff = ms(20), jitter = "full" } },
  node "far"  { like = "near", to = "store[2..3]", choose = "random", arrivals = poisson(rate(80)) },

  variant "leader"   { node "store" { model = "store.leader", count = 3, fsync = law } },
  variant "semisync" { node "store" { model = "store.leader", count = 3, fsync = law,
                                      mode = "semi_sync" } },
  variant "quorum"   { node "store" { model = "store.quorum", count = 5, read_quorum = 2, write_quorum = 2,
                                      read_repair = percent(50), hinted_handoff = true, fsync = law } },
  variant "raft"     { node "store" { model = "store.raft", count = 5, fsync = law } },
  variant "paxos"    { node "store" { model = "store.paxos", count = 5, fsync = law } },
  variant "chain"    { node "store" { model = "store.chain", count = 4, protocol = "craq", master = "master",
                                      fsync = law },
                       node "master" { model = "store.chain_master", members = "store" } },
  variant "gossip"   { node "store" { model = "store.gossip", count = 5 } },
  variant "leaders"  { node "store" { model = "store.multi_leader", count = 4 } },
  variant "siblings" { node "store" { model = "store.multi_leader", count = 4, kind = "siblings" } },
  variant "counter"  { node "store" { model = "store.multi_leader", count = 4, kind = "pn_counter" },
                       node "near" { model = "client.open", arrivals = poisson(rate(120)), to = "store[1]",
                                     keys = uniform_keys(20), timeout = ms(400),
                                     ops = { read = 0.5, increment = 0.5 } } },
  variant "locks"    { node "store" { model = "store.single", count = 3, fsync = law },
                       node "far" { model = "client.locking", count = 3, to = "store[2]", lock = "store[3]",
                                    sessions = 5 } },

  crash      { "store[2]", from = s(3), to = s(5), torn = true },
  partition  { from = s(6), to = s(8), sides = { "store[1]", "store[2..3]" } },
  clock      { "store[3]", from = s(2), to = s(12), shift = ms(300) },
  disk_slow  { "store[1]", from = s(9), to = s(10), factor = 20 },
  disk_stall { "store[3]", from = s(10), to = s(11) },
  crash      { "store[1]", from = s(12), to = s(13.5) },
  plot { "near.latency p99", against = "time", per = "variant" },
}
