return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  plot { "db.busy mean", against = "db.bsy mean" },
  plot { "db.busy mean", against = "db.queued" },
}
