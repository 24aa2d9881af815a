local x = s(1)
for i = 1, 100 do x = x * x end
return scenario { duration = x }