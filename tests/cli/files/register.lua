-- Two versions of a register in three replicas.
return scenario { name = "register", duration = s(3), warmup = s(0), runs = 6, seed = 5,
  network { latency = exponential(ms(5)) },
  node "users" { model = "client.closed", sessions = 4, to = "replica", timeout = ms(100),
                 ops = { read = 0.9, write = 0.1 }, keys = one_key(1), think = exponential(ms(5)) },
  variant "last write wins" {
    node "replica" { model = "store.quorum", count = 3, service = us(10), read_repair = percent(0) } },
  variant "abd" {
    node "replica" { model = "store.quorum", count = 3, service = us(10), protocol = "abd" } },
  expect "history is linearizable",
}
