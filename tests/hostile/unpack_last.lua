local a = { table.unpack({}, math.maxinteger, math.maxinteger) }
while true do end
return scenario { duration = s(1) }
