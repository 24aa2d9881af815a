-- Users and members in regions 40 ms apart. What does consistency cost while nothing is wrong, and what while some
-- members are cut off? Quorums of all sizes that matter, of three members and of five, and a leader.
local n = param("N", 3)
local r, w = param("R", 1), param("W", 1)
local mode = param("mode", "async, any reads")
local calm, away = { 5, 38 }, { 42, 49 } -- s

local function held(time, text)
  return expect { text, from = s(time[1]), to = s(time[2]) }
end

-- The smaller part of the members is cut off from the others, and not from users, who ask any of them. A share
-- of them gets an answer: whoever asks a side on which there are enough members.
local function members(model, count, fields, read, write)
  local larger = (count + 1) / 2
  local db = { model = model, count = count, fsync = exponential(ms(2)) }
  for key, value in pairs(fields) do db[key] = value end
  local function served(side)
    return side / count * ((read <= side and 0.8 or 0) + (write <= side and 0.2 or 0))
  end
  local all = served(larger) + served(count - larger)
  return { node "db" (db),
    partition { from = s(40), to = s(50), sides = { string.format("db[1..%d]", larger),
                string.format("db[%d..%d]", larger + 1, count) } },
    held(away, string.format("users.success ratio >= %.3f", all - 0.02)),
    held(away, string.format("users.success ratio <= %.3f", all + 0.02)) }
end

local function quorum(count, read, write, protocol)
  -- A way to a member and back takes 80 ms, and to the first of several others hardly less.
  local least = 80 * (1 + 0.8 * (read > 1 and 0.8 or 0) + 0.2 * (write > 1 and 0.8 or 0))
  local meet = read + write > count
  return { members("store.quorum", count, { read_quorum = read, write_quorum = write, protocol = protocol,
                                            timeout = s(1) }, read, write),
    held(calm, string.format("users.latency mean >= %.0fms", least)),
    meet and held(calm, "users.stale ratio <= 0.02%") or held(calm, "users.stale ratio <= 2%"),
    read <= count / 2 and (meet and held(away, "users.stale ratio <= 1%")
                                or held(away, "users.stale ratio >= 25%")) or {} }
end

local function leader(count)
  local fields = {
    ["async, any reads"] = { mode = "async", reads = "any" },
    ["async"]    = { mode = "async" },
    ["majority"] = { mode = "semi_sync", acks = (count - 1) / 2 },
    ["all"]      = { mode = "sync" },
  }
  local db = { heartbeat = ms(300), detect = s(2), election = ms(500) }
  for key, value in pairs(fields[mode]) do db[key] = value end
  local any = mode == "async, any reads"
  return { members("store.leader", count, db, any and 1 or 2, 2),
    held(calm, "users.latency mean >= 80ms"),
    any and held(calm, "users.stale ratio >= 0.5%") or held(calm, "users.stale ratio <= 0.02%"),
    any and held(away, "users.stale ratio >= 25%") or held(away, "users.stale ratio <= 1%") }
end

return scenario {
  name = "pacelc", duration = s(60), warmup = s(5), runs = 8,

  network { latency = lognormal { median = ms(40), p99 = ms(60) } },

  node "db" { model = "store.quorum", count = 3 },
  node "users" { model = "client.open", arrivals = poisson(rate(150)), to = "db",
                 ops = { read = 0.8, write = 0.2 }, keys = uniform_keys(10), timeout = s(1) },

  variant "quorum N=3" { quorum(3, r, w, "last_write_wins"), sweep { R = { 1, 2, 3 }, W = { 1, 2, 3 } } },
  variant "quorum N=5" { quorum(5, r, w, "last_write_wins"), sweep { R = { 1, 3 }, W = { 1, 3, 5 } } },
  variant "abd"        { quorum(n, (n + 1) / 2, (n + 1) / 2, "abd"), sweep { N = { 3, 5 } } },
  variant "leader"     { leader(3), sweep { mode = { "async, any reads", "async", "majority", "all" } } },

  plot { { "users.stale ratio", from = s(calm[1]), to = s(calm[2]) },
         { "users.success ratio", from = s(away[1]), to = s(away[2]) },
         against = { "users.latency mean", from = s(calm[1]), to = s(calm[2]) }, per = "variant",
         title = "PACELC: latency, staleness, and availability in a partition" },
  plot { { "users.stale ratio", from = s(away[1]), to = s(away[2]) },
         against = { "users.success ratio", from = s(away[1]), to = s(away[2]) }, per = "variant",
         title = "In the partition: who is served, and who is served the past" },
}
