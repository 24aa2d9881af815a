return scenario { name = "e", duration = s(60),
  node "x" { model = "service",
    service = 2 * exponential(ms(1)) },
}
