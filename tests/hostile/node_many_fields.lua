local t = {}
for i = 1, 100000 do t["f" .. i] = i end
local n = {}
for i = 1, 1000 do n[i] = node("n" .. i)(t) end
return scenario { duration = s(1), n }
