-- A day of a service whose load follows a cosine, played in slices: each a minute that stands for an
-- hour. What is the error of that?
local mean   = param("mean", 50)      -- requests/s, of 100 that can be served
local peak   = param("peak", 1.4)     -- times the mean
local slices = param("slices", 24)    -- a day
local slice  = param("slice", 0)      -- which; all of them are swept
local length = param("length", 60)    -- seconds that each is played for
local whole  = param("whole", 0)      -- 1 = the day in one piece, in slices x length seconds
local runs   = param("runs", 20)

local service = ms(10)
local pi      = math.pi

-- The slow day (each moment as if its load had always been there): with load a cosine of mean m and
-- swing s, the mean number present is 1 / sqrt((1 - m)^2 - s^2) - 1.
local m, swing = mean * 0.01, (peak - 1) * mean * 0.01
local root     = math.sqrt((1 - m) * (1 - m) - swing * swing)
local day      = (1 / root - 1) / mean -- seconds, the mean over all requests of the day

-- The load in the middle of the slice, and the time inside an M/M/1 queue of that load.
local at    = mean * (1 + (peak - 1) * math.cos(2 * pi * (slice + 0.5) / slices))
local exact = whole == 1 and day or 1 / (100 - at)

-- Slicing is the midpoint rule: of what it sums up it loses 2 z^n / (1 + z^n).
local z    = swing > 0 and (1 - m - root) / swing or 0
local lost = 2 * math.pow(z, slices) / (1 + math.pow(z, slices)) / (1 - root)

local all = {}
for k = 1, slices do all[k] = k - 1 end

local blocks = {
  name = "slices", warmup = s(5), runs = runs,
  duration = whole == 1 and s(slices * length) or s(length),
  node "users" { model = "client.open", to = "api",
                 arrivals = whole == 1 and daily { mean = rate(mean), peak = peak,
                                                   period = s(slices * length) }
                            or poisson(rate(at)) },
  node "api"   { model = "service", service = exponential(service) },
  estimate "error of slicing" (lost),
  expect("users.latency mean > " .. 0.95 * exact .. "s"),
  expect("users.latency mean < " .. 1.05 * exact .. "s"),
}
if whole ~= 1 then blocks[#blocks + 1] = sweep { slice = all } end
return scenario(blocks)
