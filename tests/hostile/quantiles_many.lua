local q = {}
for i = 1, 50000 do q["p" .. i / 50000 * 100] = ms(i) end
local n = {}
for i = 1, 300 do n[i] = node("n" .. i) { model = "service", service = from_quantiles(q) } end
return scenario { duration = s(1), n }
