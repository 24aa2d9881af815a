local a = param("a", 1)
local b = param("a", 2)
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
}
