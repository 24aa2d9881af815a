::again:: goto again
return scenario { duration = s(1) }
