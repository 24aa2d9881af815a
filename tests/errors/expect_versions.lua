return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  expect "db.stale ratio < 1%",
}
