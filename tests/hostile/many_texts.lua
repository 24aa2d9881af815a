local n = 0
while true do n = n + 1 local x = tostring(ms(n)) end
return scenario { duration = s(1) }
