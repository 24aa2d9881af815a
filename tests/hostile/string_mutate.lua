string.rep = nil
return scenario { duration = s(1) }
