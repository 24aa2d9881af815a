local e = {}
for i = 1, 20000 do e[i] = expect { "c.latency p50 < 5ms", from = us(i), to = us(i + 1) } end
return scenario { duration = s(1), e, node "a" { model = "service", service = ms(1) },
  node "c" { model = "client", arrivals = poisson(rate(100)), to = "a" } }
