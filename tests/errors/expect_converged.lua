return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
  node "replica" { model = "cache", capacity = 5, count = 3 },
  expect "db has converged",
  expect "replicas have converged",
  expect "replica[1] has converged",
  expect { "replica has not converged", to = s(10) },
  expect "history is fine",
}
