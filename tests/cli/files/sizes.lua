-- Two that set the size of one group undo one another's work, unless one does it through the other.
local function web(name, count)
  return node(name) { model = "service", count = count, count_max = 8, service = ms(20) }
end
local case = param("case", 0)
local nodes = ({
  { node "scaler" { model = "autoscaler", to = "old", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "new", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "old", through = "deploy", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "old new[1..7]", through = "deploy", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "old new", through = "later", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "old new", through = "deploy", busy = 0.5 },
    node "other"  { model = "autoscaler", to = "new", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "new old", through = "deploy", busy = 0.5 },
    node "later"  { model = "deploy", from = "new", to = "next", at = minutes(9) } },
  { node "scaler" { model = "autoscaler", to = "old new", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "old", through = "web", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", count = 2, to = "next", busy = 0.5 } },
  { node "scaler" { model = "autoscaler", to = "new old", through = "deploy", busy = 0.5 } },
  { node "later"  { model = "deploy", from = "new", to = "next", at = minutes(9) } },
})[case]
if case == 5 then
  nodes[2] = node "later" { model = "deploy", from = "new", to = "next", at = minutes(9) }
end
return scenario {
  name = "sizes", duration = minutes(20),
  web("old", 4), web("new", 0), web("next", 0), web("web", 1),
  node "deploy" { model = "deploy", from = "old", to = "new", at = minutes(1) },
  nodes,
}
