-- A page of 30 objects, 50 ms away. How long does it take to load, by what kind of connections?
-- Per request, kept alive one after the other, six side by side (HTTP/1.1), one for all (HTTP/2).
local mode      = param("mode", "six")       -- each, one, six, multiplexed
local handshake = param("handshake", 2)      -- round trips: TCP 1, with TLS 1.3 2, with TLS 1.2 3
local trip      = param("trip", 50)          -- ms, there and back
local objects   = param("objects", 30)
local most      = param("most", 6)           -- connections to one host
local size      = param("size", 10)          -- kB of an object; a window is 14.6 kB at first

local kinds = {
  each        = { idle = s(0) },
  one         = {},
  six         = { connections_max = most },
  multiplexed = { multiplex = true },
}
local transport = kinds[mode]
transport.warm, transport.handshake = false, handshake

-- Each page is loaded a minute after the one before: connections have been closed by then.
transport.idle = transport.idle or s(10)

local calls = {}
for i = 1, objects do calls[i] = "web" end
local is_series = mode == "each" or mode == "one"

-- Round trips of one object: a window goes out, then twice as much, and so on (RFC 5681).
local rounds = math.max(1, math.ceil(math.log(size / 14.6 + 1) / math.log(2)))
local trips = {
  each        = objects * (handshake + rounds),
  one         = handshake + objects * rounds,
  six         = handshake + math.ceil(objects / most) * rounds,
  multiplexed = handshake + rounds,
}
local exact = trips[mode] * trip -- ms

return scenario {
  name = "connections", duration = minutes(10), warmup = s(0), runs = 2,
  network { zones = { "home", "cloud" },
            link { "home", "cloud", latency = ms(trip / 2) } },

  node "user"    { zone = "home", model = "client.open", to = "browser",
                   arrivals = regular { rate = rate(1 / 60), phase = s(1) } },
  node "browser" { zone = "home", model = "service", service = ms(0), transport = connection(transport),
                   calls = is_series and series(calls) or parallel(calls) },
  node "web"     { zone = "cloud", model = "service", servers = 1000, service = ms(0),
                   reply_bytes = kB(size) },

  expect("user.latency min > " .. 0.999 * exact .. "ms"),
  expect("user.latency max < " .. 1.001 * exact .. "ms"),
}
