-- What was made stays as it is; what is unknown is said once.
pool.size = 3
local db = node "db" { model = "service", service = ms(1) }
db.count = 3
return scenario { name = "changed", duration = s(1), db }
