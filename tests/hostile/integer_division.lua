local a = 1 // 0
return scenario { duration = s(1) }
