local a = 1 << 100000
return scenario { duration = s(1) }
