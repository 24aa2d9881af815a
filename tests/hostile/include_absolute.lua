local x = include "/etc/passwd"
return scenario { duration = s(1) }
