local rate_of = 1 + nope
while true do local a = ms("x") local b = s(1) + 1 local c = s(1) < "y" end
return scenario { duration = s(1) }
