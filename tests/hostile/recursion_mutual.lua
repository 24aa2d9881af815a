local f, g
g = function(x) return 1 + f(x) end
f = function(x) return 1 + g(x) end
f(1)
return scenario { duration = s(1) }
