return scenario { name = "e", duration = s(1) }
