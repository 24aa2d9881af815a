-- Fields of other tools: near no name that there is.
return scenario { name = "e", duration = s(60), threads = 4,
  node "db" { model = "service", service = lognormal { mean = ms(2), sigma = 1 }, workers = 2 },
  crash { "db", at = s(5), duration = s(2) },
}
