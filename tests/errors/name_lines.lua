return scenario {
  name = "a\nb", duration = s(1), node "a" { model = "service", service = ms(1) } }
