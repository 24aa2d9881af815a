-- A separator counts as much as what is repeated.
local n = 0
for i = 1, 1000000000 do n = n + #string.rep("", 16000, string.rep("y", 1)) end
return scenario { duration = s(1) }
