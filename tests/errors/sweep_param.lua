local capacity = param("capacity", 1000)
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  sweep { capcity = { 1, 2 } },
}
