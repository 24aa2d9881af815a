local a = ms(5) < bytes(3)
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
}
