return scenario { name = "t", duration = s(60), machine "m" { cores = 4, disk = disk { fsync = ms(2) } }, node "db" { model = "service", service = ms(1), on = "m" } }
