local t = string.rep("", 1099511627776, "y")
