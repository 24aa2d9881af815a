local t = {}
for i = 1, 1e7 do table.remove(t) end
return scenario { duration = s(1) }
