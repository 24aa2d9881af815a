local a = os.time()
return scenario { duration = sec(60), warmup = min(1),
  node "db" { model = "service", service = msec(2) },
}
