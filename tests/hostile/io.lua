io.open("/etc/passwd")
return scenario { duration = s(1) }
