-- Quantities call metamethods in C: each of them is a call of Lua's.
local a = s(1)
while true do a = a + s(1) * 2 / 3 - ms(1) end
