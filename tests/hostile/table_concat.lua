local t = {}
for i = 1, 1000000 do t[i] = "" end
while true do local x = table.concat(t) end
return scenario { duration = s(1) }
