os.execute("touch /tmp/brink-was-here")
return scenario { duration = s(1) }
