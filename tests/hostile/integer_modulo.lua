local a = math.mininteger % -1
local b = math.mininteger // -1
local c = 1 % 0
return scenario { duration = s(1) }
