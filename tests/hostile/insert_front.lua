local t = {}
while true do table.insert(t, 1, 5) end
return scenario { duration = s(1) }
