local t = {}
local n = 0
while true do n = n + 1 t[n] = {} end
return scenario { duration = s(1) }
