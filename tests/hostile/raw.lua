rawset(math, "pi", 3)
return scenario { duration = s(1) }
