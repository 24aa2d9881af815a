local load = param("load", 1)
return scenario { duration = s(1), node "a" { model = "service", service = ms(1) },
  sweep { ["lo\7ad"] = { 1, 2 } } }
