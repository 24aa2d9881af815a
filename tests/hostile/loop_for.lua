for i = 1, math.huge do end
return scenario { duration = s(1) }
