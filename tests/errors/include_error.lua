return scenario { name = "e", duration = s(60),
  include "parts/wrong.lua",
}
