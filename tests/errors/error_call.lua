error("the capacity must be even")
