return scenario { duration = s(1), node "a" { model = "service", service = ms(1) },
  estimate(("x"):rep(101)) { s(1) } }
