local x = 1
while true do x = x * unit "a" end
return scenario { duration = s(1) }
