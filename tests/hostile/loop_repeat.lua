repeat until false
return scenario { duration = s(1) }
