local n = param("n", 1)
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2), servers = n },
  sweep { n = { 1, 2, 1 } },
}
