local t = {} for i = 1, 3 do t[i] = node("n" .. i) { model = "service", service = ms(i) } end table.sort(t, function(a, b) return false end) return scenario { name = "t", duration = s(60), t }
