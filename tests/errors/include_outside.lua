return include "../hostile/loop.lua"
