local t = {}
for i = 1, 10000 do t[i] = i % 7 end
while true do table.sort(t, function(a, b) return true end) end
return scenario { duration = s(1) }
