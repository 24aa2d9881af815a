local n = 0
while true do n = n + 1 param("p" .. n, 1) end
return scenario { duration = s(1) }
