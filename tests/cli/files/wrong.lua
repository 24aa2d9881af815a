return scenario {
  name = "wrong", duration = s(60),
  node "users" { model = "client.opne", to = "wbe" },
  node "web"   { model = "service", servic = ms(10) },
}
