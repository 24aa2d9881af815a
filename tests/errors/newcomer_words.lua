print("hello")
local lib = require("lib")
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = exp(ms(2)) },
  node "c"  { model = "client", arrivals = poisson(rps(10)), to = "db", timeout = ms(math.random(9)) },
}
