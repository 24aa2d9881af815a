local m = {}
m.self = m
local x = node "a" (m)
return scenario { duration = s(1) }
