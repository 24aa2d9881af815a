local c = coroutine.create(function() end)
return scenario { duration = s(1) }
