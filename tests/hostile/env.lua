local e = _ENV
e.x = 5
return scenario { duration = s(1) }
