local load = param("load", "\27[2J")
return scenario { duration = s(1), node "a" { model = "service", service = ms(1) } }
