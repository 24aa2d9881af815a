local x = "x"
while true do x = x .. x end
return scenario { duration = s(1) }
