local x = ("x"):rep(1e9)
return scenario { duration = s(1) }
