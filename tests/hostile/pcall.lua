while true do pcall(function() while true do end end) end
return scenario { duration = s(1) }
