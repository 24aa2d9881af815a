-- Expectations of thousands of variants that are not there.
local blocks = { duration = s(1), node "a" { model = "client", arrivals = poisson(rate(1)), to = "a" } }
for i = 1, 5000 do
  blocks[#blocks + 1] = variant("v" .. i) {}
end
for i = 1, 1000 do
  blocks[#blocks + 1] = expect { "a.latency p99 < 1ms", variant = "w" .. i }
end
return scenario(blocks)
