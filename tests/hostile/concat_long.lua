local x = ("x"):rep(16000)
local n = 0
while true do local y = x .. n; n = n + 1 end
return scenario { duration = s(1) }
