local t = {}
while true do t = { t, t, t, t } end
return scenario { duration = s(1) }
