local x = include "inner/../../../../dev/zero"
return scenario { duration = s(1) }
