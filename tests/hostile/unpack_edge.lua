local a = { table.unpack({}, math.mininteger, math.maxinteger) }
return scenario { duration = s(1) }
