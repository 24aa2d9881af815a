-- A variant that replaces thousands of nodes, and one that replaces none of them.
local blocks, own, others = { duration = s(1) }, {}, {}
for i = 1, 5000 do
  own[i] = node("n" .. i) { model = "service", service = ms(1) }
  others[i] = node("m" .. i) { model = "service", service = ms(1) }
end
blocks[1] = own
blocks[2] = variant "same" (own)
blocks[3] = variant "others" (others)
return scenario(blocks)
