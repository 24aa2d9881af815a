local _ENV = {}
x = 5
return scenario { duration = s(1) }
