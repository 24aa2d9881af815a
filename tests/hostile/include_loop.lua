while true do local x = include "inner/small.lua" end
return scenario { duration = s(1) }
