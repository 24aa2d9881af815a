-- Ten thousand nodes that are like one which is not there: which of the others was meant?
local blocks = { duration = s(1) }
for i = 1, 9000 do
  blocks[#blocks + 1] = node("n" .. i) { like = "m" }
end
return scenario(blocks)
