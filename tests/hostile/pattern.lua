local x = ("a"):rep(10000):find((".-"):rep(50) .. "b")
return scenario { duration = s(1) }
