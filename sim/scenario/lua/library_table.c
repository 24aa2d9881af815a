/* table: insert, remove, concat, unpack, and a sort that is stable and cannot be confused.
 *
 * A comparison function that contradicts itself gives some order, never an error: merging compares
 * each pair at most once and trusts the answer.
 */
#include "scenario/lua/internal.h"

#define UNPACK_MAX 200

static lua_Integer length(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    return (lua_Integer)lua_rawlen(lua, 1);
}

static int table_insert(lua_State *lua)
{
    lua_Integer count = length(lua);
    if (lua_gettop(lua) == 2) {
        lua_rawseti(lua, 1, count + 1);
        return 0;
    }
    lua_Integer at = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, lua_gettop(lua) == 3 && at >= 1 && at <= count + 1, 2,
                  "position out of bounds");
    sim_sandbox_charge(lua, (uint64_t)(count + 1 - at));
    for (lua_Integer i = count; i >= at; i--) {
        lua_rawgeti(lua, 1, i);
        lua_rawseti(lua, 1, i + 1);
    }
    lua_rawseti(lua, 1, at);
    return 0;
}

static int table_remove(lua_State *lua)
{
    lua_Integer count = length(lua);
    lua_Integer at = luaL_optinteger(lua, 2, count);
    if (count == 0) {
        lua_pushnil(lua);
        return 1;
    }
    luaL_argcheck(lua, at >= 1 && at <= count, 2, "position out of bounds");
    sim_sandbox_charge(lua, (uint64_t)(count - at));
    lua_rawgeti(lua, 1, at);
    for (lua_Integer i = at; i < count; i++) {
        lua_rawgeti(lua, 1, i + 1);
        lua_rawseti(lua, 1, i);
    }
    lua_pushnil(lua);
    lua_rawseti(lua, 1, count);
    return 1;
}

static int table_concat(lua_State *lua)
{
    lua_Integer count = length(lua);
    size_t separator_length = 0;
    const char *separator = luaL_optlstring(lua, 2, "", &separator_length);
    sim_sandbox_charge(lua, (uint64_t)count);
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    size_t total = 0;
    for (lua_Integer i = 1; i <= count; i++) {
        size_t item_length = 0;
        lua_rawgeti(lua, 1, i);
        int type = lua_type(lua, -1);
        if (type != LUA_TSTRING && type != LUA_TNUMBER) {
            return luaL_error(lua, "table.concat: item %d is a %s", (int)i, luaL_typename(lua, -1));
        }
        lua_tolstring(lua, -1, &item_length);
        total += item_length + separator_length;
        if (total > SIM_CHUNK_TEXT_MAX) {
            return luaL_error(lua, "table.concat: the text is longer than %d bytes",
                              SIM_CHUNK_TEXT_MAX);
        }
        luaL_addvalue(&buffer);
        if (i < count) {
            luaL_addlstring(&buffer, separator, separator_length);
        }
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int table_unpack(lua_State *lua)
{
    lua_Integer count = length(lua);
    lua_Integer from = luaL_optinteger(lua, 2, 1);
    lua_Integer to = luaL_optinteger(lua, 3, count);
    if (from > to) {
        return 0;
    }
    if ((lua_Unsigned)to - (lua_Unsigned)from >= UNPACK_MAX) {
        return luaL_error(lua, "table.unpack: more than %d values", UNPACK_MAX);
    }
    luaL_checkstack(lua, UNPACK_MAX, NULL);
    for (lua_Integer i = from; i <= to; i++) {
        lua_rawgeti(lua, 1, i);
        if (i == to) { /* to may be the largest integer */
            break;
        }
    }
    return (int)(to - from) + 1;
}

/* Stack: 1 the table, 2 the comparison or nil, 3 and 4 the two arrays. Is array[i] before [j]? */
static bool is_before(lua_State *lua, int array, lua_Integer i, lua_Integer j)
{
    sim_sandbox_charge(lua, 8);
    if (lua_isnil(lua, 2)) {
        lua_rawgeti(lua, array, i);
        lua_rawgeti(lua, array, j);
        bool before = lua_compare(lua, -2, -1, LUA_OPLT);
        lua_pop(lua, 2);
        return before;
    }
    lua_pushvalue(lua, 2);
    lua_rawgeti(lua, array, i);
    lua_rawgeti(lua, array, j);
    lua_call(lua, 2, 1);
    bool before = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return before;
}

/* Merges [low, middle) and [middle, high) of array `from` into array `into`. */
static void merge(lua_State *lua, int from, int into, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer left = low;
    lua_Integer right = middle;
    for (lua_Integer out = low; out < high; out++) {
        bool takes_right = left >= middle || (right < high && is_before(lua, from, right, left));
        lua_rawgeti(lua, from, takes_right ? right++ : left++);
        lua_rawseti(lua, into, out);
    }
}

static void copy(lua_State *lua, int from, int into, lua_Integer count)
{
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, from, i);
        lua_rawseti(lua, into, i);
    }
}

static int table_sort(lua_State *lua)
{
    lua_Integer count = length(lua);
    if (!lua_isnoneornil(lua, 2)) {
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    }
    lua_settop(lua, 2);
    sim_sandbox_charge(lua, (uint64_t)count * 4);
    lua_createtable(lua, (int)MIN(count, 1 << 20), 0);
    lua_createtable(lua, (int)MIN(count, 1 << 20), 0);
    int from = 3;
    int into = 4;
    copy(lua, 1, from, count);
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            merge(lua, from, into, low, MIN(low + width, count + 1),
                  MIN(low + 2 * width, count + 1));
        }
        from = 7 - from;
        into = 7 - into;
    }
    copy(lua, from, 1, count);
    return 0;
}

static const luaL_Reg table_functions[] = {
    {"insert", table_insert}, {"remove", table_remove}, {"concat", table_concat},
    {"unpack", table_unpack}, {"sort", table_sort},     {NULL, NULL},
};

void sim_library_push_table(lua_State *lua)
{
    lua_newtable(lua);
    luaL_setfuncs(lua, table_functions, 0);
}
