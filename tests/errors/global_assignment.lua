local a = 5
capacity = 10
return scenario {}
