local x = ("1"):rep(16000)
for i = 1, 1e9 do local f = function() for j = 1, x do end end
end
for j = 1, x do end
return scenario { duration = s(1) }
