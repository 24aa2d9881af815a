return {
  node "x" { model = "service",
    service = 7 },
}
