return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  network { zones = { "a" }, latency = ms(1),
    link { "a", "a", latncy = ms(5) } },
}
