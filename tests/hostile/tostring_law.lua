local x = mixture { { 0.5, exponential(ms(1)) }, { 0.5, exponential(ms(2)) } }
while true do local a = tostring(x) .. tostring(s(1)) end
