return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  estimate {
    first = 5 * posts + 3 * users,
    second = ms(5) - rate(3) },
}
