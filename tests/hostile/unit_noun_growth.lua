local a = posts
while true do a = a * posts / timelines * users end
