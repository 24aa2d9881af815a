local function f(...)
  return 1
end
return scenario { name = "e", duration = s(60),
  node "db" { model = "service", service = ms(2) },
}
