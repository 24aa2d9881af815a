local t = string.rep("abcd", math.tointeger(4611686018427387904))
