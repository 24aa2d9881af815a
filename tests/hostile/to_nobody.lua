-- Thousands of nodes that ask one which is not there.
local blocks = { duration = s(1) }
for i = 1, 9000 do
  blocks[#blocks + 1] = node("n" .. i) { model = "client", arrivals = poisson(rate(1)), to = "nobody" }
end
return scenario(blocks)
