local f = function() end
while true do local g = f f = function() return g() end end
return scenario { duration = s(1) }
