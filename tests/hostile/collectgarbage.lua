collectgarbage("stop")
return scenario { duration = s(1) }
