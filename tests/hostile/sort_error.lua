local t = { 3, 1, 2 }
table.sort(t, function(a, b) error("no") end)
return scenario { duration = s(1) }
