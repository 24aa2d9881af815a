return scenario { duration = seconds(1),
  nod "x" { model = "service" },
}
