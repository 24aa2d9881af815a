-- Nodes that are like the one before them, and so on for thirty.
local blocks = { duration = s(1), node "n0" { model = "service", service = ms(1) } }
for i = 1, 5000 do
  blocks[#blocks + 1] = node("n" .. i) { like = i % 30 == 0 and "n0" or "n" .. (i - 1) }
end
return scenario(blocks)
