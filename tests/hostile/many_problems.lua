while true do local x = ms("a") end
return scenario { duration = s(1) }
