debug.sethook()
return scenario { duration = s(1) }
