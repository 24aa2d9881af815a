local x = include ""
return scenario { duration = s(1) }
