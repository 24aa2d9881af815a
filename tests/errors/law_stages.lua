return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "x" { model = "service",
    service = erlang { stages = 2.5, mean = ms(2) } },
}
