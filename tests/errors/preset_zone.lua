return scenario { name = "e", duration = s(60),
  network { preset = "ec2-2013", zones = { "Virginia", "Irland" } },
  node "x" { model = "service", service = ms(1), zone = "Virginia" },
}
