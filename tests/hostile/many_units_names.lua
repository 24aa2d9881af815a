local x = 1
local n = ""
while true do n = n .. "a" x = x * unit(n) end
return scenario { duration = s(1) }
