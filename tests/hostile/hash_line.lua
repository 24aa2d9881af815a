#!/usr/bin/brink
while true do end
