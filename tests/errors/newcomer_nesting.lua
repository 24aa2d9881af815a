return scenario { name = "e", duration = s(60),
  node "web" { model = "service", service = ms(2),
    node "db" { model = "service", service = ms(2) } },
  expect { expect "web.latency p99 < 100ms" },
  variant "big" { servers = 3 },
  link { "a", "b", latency = ms(3) },
}
