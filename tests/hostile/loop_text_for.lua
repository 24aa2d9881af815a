for i = 1, 9e18 do local a = i .. "x" end
return scenario { duration = s(1) }
