local x = ("").rep("", 1e18)
while true do x = ("").rep("", 1e18) end
return scenario { duration = s(1) }
