local t = {}
for i = 1, 300000 do t[i] = i end
while true do table.remove(t, 1) table.insert(t, 5) end
return scenario { duration = s(1) }
