return scenario {
  name = "fleet", duration = s(20),
  node "users" { model = "client.open", arrivals = regular(rate(2)), to = "web" },
  node "web"   { model = "service", count = 2, count_max = 4, service = ms(10) },
  node "a" { model = "autoscaler", to = "web[1]", rate = rate(1) },
  node "b" { model = "autoscaler", to = "web" },
  node "c" { model = "autoscaler", to = "web", busy = percent(50), min = 3, max = 2 },
  node "d" { model = "autoscaler", to = "web", busy = percent(50), every = ms(1) },
  node "e" { model = "deploy", from = "web", to = "web" },
  node "f" { model = "deploy", from = "web", to = "a", canary = 3 },
  node "g" { model = "deploy", from = "web", to = "a", surge = percent(0), unavailable = percent(0) },
}
