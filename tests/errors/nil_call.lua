local t = {}
t.missing()
return scenario {}
