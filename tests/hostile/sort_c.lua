local t = {}
for i = 1, 100000 do t[i] = -i end
while true do table.sort(t, math.min) end
return scenario { duration = s(1) }
