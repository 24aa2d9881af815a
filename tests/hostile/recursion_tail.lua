local function f(x) return f(x + 1) end
local a = f(1)
return scenario { duration = s(1) }
