return scenario { duration = s("ten"),
  warmup = ms(),
  drain = s(1, 2) }
