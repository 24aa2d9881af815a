-- Many mistakes in one file, all of them reported, in the order of their lines.
local slow_disk = disk { fsync = 5 }

return scenario {
  duration = 60,
  node "a" { model = "service",
    service = {
      read = 1,
      write = exponential { mean = rate(5) },
    },
    discipline = "sjf",
    disk = slow_disk,
  },
  node "b" { like = "a", servers = "two" },
  crash { "c", from = 5 },
  expect "a.latency p200 < 1s",
}
