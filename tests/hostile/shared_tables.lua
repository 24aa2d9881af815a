local m = {}
for i = 1, 40 do m = { m, m } end
local x = node "a" (m)
return scenario { duration = s(1) }
