-- A thousand variants: the file is not run again for each, and none looks at all the others.
local blocks = {
  duration = s(1),
  node "a" { model = "client", arrivals = poisson(rate(1)), to = "b" },
  node "b" { model = "service", service = ms(1) },
}
for i = 1, 1000 do
  blocks[#blocks + 1] = variant("v" .. i) { node("n" .. i) { model = "service", service = ms(1) } }
end
return scenario(blocks)
