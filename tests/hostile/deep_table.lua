local t = {}
for i = 1, 1e5 do t = { t } end
local x = node "a" (t)
return scenario { duration = s(1) }
