return scenario { name = "e", duration = s(60),
  network { zones = { "eu", "us" },
    link { "eu", "us", latency = ms(1) },
    link { "us", "eu", latency = ms(2) } },
  node "db" { model = "service", service = ms(2), zone = "eu" },
}
