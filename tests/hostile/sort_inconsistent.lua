local t, k = {}, 0
for i = 1, 20000 do t[i] = i end
for round = 1, 1000000 do table.sort(t, function(a, b) k = k + 1 return k % 3 ~= 0 end) end
