local x = ("1"):rep(16000)
while true do local y = tonumber(x) end
return scenario { duration = s(1) }
