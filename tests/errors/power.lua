local a = 2^10
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
}
