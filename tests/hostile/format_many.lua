local n = 0
while true do n = n + #string.format("%99d%99d%99d%99d%99d%99d%99d%99d%99d%99d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) end
