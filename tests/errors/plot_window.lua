return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  plot { { "db.busy mean", from = s(50), to = s(40) }, against = "db.queued mean" },
  plot { { "db.busy mean", form = s(50) }, against = "db.queued mean" },
  plot { "db.busy mean", against = { "db.queued mean", from = 3 } },
  plot { "db.busy mean", against = { s(3) } },
  plot { "db.busy mean", against = {} },
  plot { { "db.busy mean", from = s(10) }, against = "time" },
}
