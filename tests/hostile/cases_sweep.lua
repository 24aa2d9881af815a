-- As many points as there may be, each of which holds all values of the sweep.
local values = {}
for i = 1, 800 do values[i] = i end
local servers = param("servers", 1)
return scenario {
  duration = s(1),
  node "a" { model = "client", arrivals = poisson(rate(1)), to = "b" },
  node "b" { model = "service", service = ms(1), servers = servers },
  sweep { servers = values },
}
