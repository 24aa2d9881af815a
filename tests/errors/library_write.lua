math.pi = 3
return scenario {}
