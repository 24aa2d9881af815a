local load = param("load", 0.5)
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = exponential(ms(2) * load) },
  sweep { load = { 0.5, 0.9 } },
  plot { "db.goodput", against = "load" },
}
