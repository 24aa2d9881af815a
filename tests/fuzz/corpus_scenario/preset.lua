return scenario { name = "t", duration = s(60), network { preset = "ec2-2013", zones = { "Tokyo" } }, node "db" { model = "service", service = ms(2) }, }
