return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  machine "box" { coers = 4 },
  node "x" { model = "service", service = ms(1), on = "box",
    cores = 2 },
}
