local x = ("x"):rep(1e6)
return scenario {}
