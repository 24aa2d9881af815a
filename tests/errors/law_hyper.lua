return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "x" { model = "service",
    service = hyperexponential { mean = ms(2), cv2 = 0.5 } },
}
