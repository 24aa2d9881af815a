while true do local x = node "a" { model = "service", count = 5 } end
return scenario { duration = s(1) }
