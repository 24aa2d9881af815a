local x = ("x"):rep(16000)
local y = ("x"):rep(15999) .. "x"
while true do local b = x == y; b = x < y end
return scenario { duration = s(1) }
