local t = {}
for i = 1, 65535 do t["k" .. i] = i end
local n = 65536
while true do t["k" .. (n - 65535)] = nil t["k" .. n] = n n = n + 1 end
return scenario { duration = s(1) }
