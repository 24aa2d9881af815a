return include "nothing.lua"
