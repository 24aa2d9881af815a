-- Much to calculate, again at each point of a sweep.
local sum, values = 0, {}
for i = 1, 400000 do sum = sum + i end
for i = 1, 1000 do values[i] = i end
local servers = param("servers", 1)
return scenario {
  duration = s(1),
  node "a" { model = "client", arrivals = poisson(rate(1)), to = "b" },
  node "b" { model = "service", service = ms(1), servers = servers },
  sweep { servers = values },
}
