-- Never is longer than the longest duration.
return scenario { duration = none, node "a" { model = "service", service = ms(1) } }
