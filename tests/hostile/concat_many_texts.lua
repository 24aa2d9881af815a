local part = string.rep("x", 16000)
local t = {}
for i = 1, 3000 do t[i] = part end
for i = 1, 1000000000 do local a = table.concat(t, ",", 1, 1) end
