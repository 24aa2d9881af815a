local a = tostring(print)
return scenario { duration = s(1) }
