-- Who takes no streams would never say a word on one.
return scenario {
  name = "streams", duration = s(60),
  node "web"      { model = "service", service = ms(5) },
  node "front"    { model = "balancer", to = "feed" },
  node "feed"     { model = "feed.server" },
  node "watchers" { model = "client.streaming", to = "web", count = 5 },
  node "readers"  { model = "client.streaming", to = "feed front", count = 5 },
  node "finder"   { model = "balancer", to = "web", registry = "feed", watch = true },
}
