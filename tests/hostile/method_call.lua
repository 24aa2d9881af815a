local a = ("x").y.z
return scenario { duration = s(1) }
