while true do end
return scenario { duration = s(1) }
