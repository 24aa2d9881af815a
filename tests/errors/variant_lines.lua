return scenario { duration = s(1), node "a" { model = "service", service = ms(1) },
  variant "a\nb" {} }
