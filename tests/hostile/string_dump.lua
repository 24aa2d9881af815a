local f = string.dump(function() end)
return scenario { duration = s(1) }
