require("os")
return scenario { duration = s(1) }
