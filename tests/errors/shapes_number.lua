return scenario {
  name = "x", duration = s(1),
  node "s" { model = "service", service = ms(1) },
  node "w" { model = "walk", route = round { "s", 7 } },
}
