local a = math.celi(2.5)
return scenario {}
