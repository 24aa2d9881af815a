local x = ("%s"):rep(8000)
while true do local y = x:len() end
return scenario { duration = s(1) }
