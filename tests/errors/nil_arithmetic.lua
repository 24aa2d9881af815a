local function f(x)
  return x.y + 1
end
return scenario { duration = f({}) }
