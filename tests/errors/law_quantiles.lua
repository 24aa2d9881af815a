return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "x" { model = "service",
    service = from_quantiles { p99 = ms(1), p50 = ms(5) } },
}
