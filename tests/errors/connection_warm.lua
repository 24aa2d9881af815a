return scenario { name = "e", duration = s(60),
  node "a" { model = "service", service = ms(1), transport = connection { idle = s(0) } },
  node "b" { model = "service", service = ms(1), transport = connection { handshake = 2 } },
  node "c" { model = "service", service = ms(1),
             transport = connection { warm = false, handshake = 2, idle = s(1) } },
}
