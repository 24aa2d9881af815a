local a = { table.unpack({}, 1, 1e9) }
return scenario { duration = s(1) }
