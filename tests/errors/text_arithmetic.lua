return scenario { duration = s(1),
  warmup = "5ms" * ms(1) }
