-- Thousands of nodes in a zone that is not there.
local zones = {}
for i = 1, 100 do zones[i] = "z" .. i end
local blocks = { duration = s(1), network { latency = ms(1), zones = zones } }
for i = 1, 9000 do
  blocks[#blocks + 1] = node("n" .. i) { model = "service", service = ms(1), zone = "nowhere" }
end
return scenario(blocks)
