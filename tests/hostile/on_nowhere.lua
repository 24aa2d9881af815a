-- Thousands of machines, thousands of nodes on one that is not there.
local blocks = { duration = s(1) }
for i = 1, 5000 do
  blocks[#blocks + 1] = machine("m" .. i) {}
  blocks[#blocks + 1] = node("n" .. i) { model = "service", service = ms(1), on = "nowhere" }
end
return scenario(blocks)
