local x = include "inner"
return scenario { duration = s(1) }
