return scenario { duration = s(1),
  name = "ÿþ", node "a" { model = "service", service = ms(1) } }
