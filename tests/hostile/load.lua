local f = load("\27Lua")
return scenario { duration = s(1) }
