--! set load=abc

local load = param("load", rate(250))
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
}
