return scenario { name = "t", duration = s(60), node "x" { like = "db", count = 3 }, node "db" { model = "service", service = ms(2) }, }
