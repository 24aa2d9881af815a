local x = ("x"):rep(10000)
local y = x .. x
return scenario {}
