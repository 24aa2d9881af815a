
local a = table.concat({}, "x", 1, 1000000000)
