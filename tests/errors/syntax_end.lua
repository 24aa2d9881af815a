return scenario {
  name = "e",
