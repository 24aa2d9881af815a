local x = string.format("%099999d", 5)
return scenario { duration = s(1) }
