-- Variants times nodes: the most that their descriptions may take is not passed.
local blocks = {
  duration = s(1),
  node "a" { model = "client", arrivals = poisson(rate(1)), to = "b" },
  node "b" { model = "service", service = ms(1) },
}
for i = 1, 200 do
  blocks[#blocks + 1] = variant("v" .. i) {}
  blocks[#blocks + 1] = node("n" .. i) { model = "service", service = ms(1) }
end
return scenario(blocks)
