local t = {}
for i = 1, 300000 do t[i] = 1 end
local x = node "a" (t)
return scenario { duration = s(1) }
