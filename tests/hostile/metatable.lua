local t = getmetatable("")
t.__index = nil
return scenario { duration = s(1) }
