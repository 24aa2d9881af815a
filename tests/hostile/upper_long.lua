local x = ("x"):rep(16000)
while true do local y = x:upper() end
return scenario { duration = s(1) }
