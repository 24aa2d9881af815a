local a = ("x"):nothing()
return scenario { duration = s(1) }
