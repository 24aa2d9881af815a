-- A sweep that a loop has made, of more than anybody reads.
local load = param("load", 1)
local loads = {}
for i = 1, 10000 do loads[i] = i end
return scenario {
  duration = s(1), runs = 1,
  node "users" { model = "client.open", arrivals = poisson(rate(load)), to = "web" },
  node "web"   { model = "service", service = ms(1) },
  sweep { load = loads },
  variant "a" {}, variant "b" {},
}
