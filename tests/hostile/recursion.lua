local function f(x) return 1 + f(x + 1) end
local a = f(1)
return scenario { duration = s(1) }
