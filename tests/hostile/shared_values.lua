local m = exponential(ms(1))
for i = 1, 60 do m = mixture { { 0.5, m }, { 0.5, m } } end
return scenario { duration = s(1) }
