return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "x" { model = "service",
    service = from_file("../../README.md", { column = "ms", unit = "ms" }) },
}
