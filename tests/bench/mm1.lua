-- M/M/1 at 80 % load through the whole stack: client, network, service, reply, all metrics.
return scenario {
  name = "bench-mm1", duration = s(1000), warmup = s(10), runs = 1,
  network { latency = constant(us(100)) },
  node "users" { model = "client.open", arrivals = poisson(rate(8000)), to = "api" },
  node "api"   { model = "service", service = exponential(us(100)) },
}
