#
LuaS