local x = include "include_self.lua"
return scenario { duration = s(1) }
