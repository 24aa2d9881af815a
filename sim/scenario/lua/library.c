/* The environment of every chunk: an allow-list.
 *
 * Left out on purpose: os, io, load, require, debug, coroutine, pcall, metatables and raw access,
 * collectgarbage, next, pattern matching. pairs walks in sorted order. Reading a name that does not
 * exist is an error, since a misspelt default would otherwise pass in silence; so is writing one.
 */
#include "scenario/lua/internal.h"

#include <string.h>

#include "base/sort.h"
#include "base/text.h"

/* What it takes to compare a name with one that exists. */
#define CANDIDATE_WORK 20

/* What people write who know Lua, or other tools, and what does that here. */
static const char *advice_of(const char *what, const char *key)
{
    static const char *const advices[][2] = {
        {"print", "brink show FILE prints what a scenario comes to"},
        {"require", "write include(\"FILE.lua\")"},
        {"dofile", "write include(\"FILE.lua\")"},
        {"math.random", "laws are drawn from in the run: uniform(ms(1), ms(3))"},
        {"exp", "write exponential(ms(5)), or math.exp for the function"},
        {"gaussian", "write normal(ms(5), ms(1))"},
        {"rps", "write rate(100)"},
        {"qps", "write rate(100)"},
        {"per_second", "write rate(100)"},
        {"sec", "write s(5)"},
        {"msec", "write ms(5)"},
        {"usec", "write us(5)"},
        {"min", "write minutes(5), or math.min for the function"},
        {"max", "write math.max"},
        {"os", "a scenario has no clock and no files"},
        {"io", "a scenario reads files through include, from_file and trace only"},
        {"load", "write include(\"FILE.lua\")"},
        {"pcall", "a scenario ends at its first error"},
        {"string.gsub", "there are len, sub, upper, lower, rep, byte, char and format"},
        {"string.find", "there are len, sub, upper, lower, rep, byte, char and format"},
        {"string.match", "there are len, sub, upper, lower, rep, byte, char and format"},
    };
    g_autofree char *name = g_strconcat(what, key, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(advices); i++) {
        if (strcmp(advices[i][0], name) == 0) {
            return advices[i][1];
        }
    }
    return NULL;
}

/* A word that has the key among its fields; NULL when none has. */
static const char *owner_of(lua_State *lua, const char *what, const char *key)
{
    const struct sim_field_word *field = sim_chunk_of(lua)->words->fields;
    for (; what[0] == '\0' && field->name; field++) {
        sim_sandbox_charge(lua, 1);
        if (strcmp(field->name, key) == 0) {
            return field->owner;
        }
    }
    return NULL;
}

/* Upvalue 1: the table that was meant to have the key; upvalue 2: what it is called. */
static int unknown_member(lua_State *lua)
{
    const char *key = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";
    const char *what = lua_tostring(lua, lua_upvalueindex(2));
    const char *nearest = NULL;
    int nearest_distance = 3;
    lua_pushnil(lua);
    while (lua_next(lua, lua_upvalueindex(1)) != 0) {
        lua_pop(lua, 1);
        sim_sandbox_charge(lua, CANDIDATE_WORK);
        const char *candidate = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
        const char *words[] = {candidate, NULL};
        if (!sim_text_nearest(key, words)) {
            continue;
        }
        int distance = sim_text_distance(key, candidate, nearest_distance);
        if (distance < nearest_distance ||
            (distance == nearest_distance && nearest && strcmp(candidate, nearest) < 0)) {
            nearest = candidate;
            nearest_distance = distance;
        }
    }
    /* The chunk goes on with a value that is known to be wrong, so that one misspelt name does not
     * hide the mistakes that follow it. */
    const char *advice = advice_of(what, key);
    const char *owner = owner_of(lua, what, key);
    if (advice) {
        sim_sandbox_complain(lua, "unknown name '%s%s': %s", what, key, advice);
    } else if (owner && strcmp(owner, "node") == 0) {
        sim_sandbox_complain(lua, "unknown name '%s': it is a field: node \"NAME\" { %s = ... }",
                             key, key);
    } else if (owner) {
        sim_sandbox_complain(lua, "unknown name '%s': it is a field of %s: %s { %s = ... }", key,
                             owner, owner, key);
    } else if (nearest) {
        sim_sandbox_complain(lua, "unknown name '%s%s' (did you mean '%s%s'?)", what, key, what,
                             nearest);
    } else {
        sim_sandbox_complain(lua, "unknown name '%s%s'", what, key);
    }
    sim_values_push_bad(lua);
    return 1;
}

static int refuse_write(lua_State *lua)
{
    const char *what = lua_tostring(lua, lua_upvalueindex(1));
    const char *key = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";
    if (what[0] == '\0') {
        return luaL_error(lua, "assignment to global '%s': write local %s = ...", key, key);
    }
    return luaL_error(lua, "assignment to '%s%s', which cannot be changed", what, key);
}

void sim_library_protect(lua_State *lua, const char *what)
{
    int contents = lua_gettop(lua);
    lua_createtable(lua, 0, 1); /* the metatable of the contents: unknown keys end here */
    lua_pushvalue(lua, contents);
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, unknown_member, 2);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, contents);
    lua_newtable(lua); /* what the chunk sees */
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, contents);
    lua_setfield(lua, -2, "__index");
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, refuse_write, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, contents);
}

struct pairs_key {
    bool is_text;
    double number;
    const char *text; /* the table keeps it alive while it is sorted */
    int index;        /* in the list of keys */
};

static int compare_keys(const void *a, const void *b, void *data)
{
    (void)data;
    const struct pairs_key *first = a;
    const struct pairs_key *second = b;
    if (first->is_text || second->is_text) {
        return first->is_text && second->is_text ? strcmp(first->text, second->text)
                                                 : first->is_text - second->is_text;
    }
    return (first->number > second->number) - (first->number < second->number);
}

/* Upvalues: the table, its sorted keys, how many were given out. */
static int pairs_step(lua_State *lua)
{
    lua_Integer at = lua_tointeger(lua, lua_upvalueindex(3));
    for (;;) {
        at++;
        if (lua_rawgeti(lua, lua_upvalueindex(2), at) == LUA_TNIL) {
            return 1;
        }
        lua_pushvalue(lua, -1);
        if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL) {
            break;
        }
        lua_pop(lua, 2); /* removed since */
    }
    lua_pushinteger(lua, at);
    lua_replace(lua, lua_upvalueindex(3));
    return 2;
}

int sim_library_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    if (luaL_getmetafield(lua, 1, "__index") != LUA_TNIL) { /* `latency`, which stands behind it */
        lua_replace(lua, 1);
    }
    lua_newtable(lua); /* 2: keys in any order */
    int count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, 1) != 0) {
        lua_pop(lua, 1);
        int type = lua_type(lua, -1);
        if (type != LUA_TSTRING && type != LUA_TNUMBER) {
            return luaL_error(lua, "pairs: keys must be numbers or texts, this one is a %s",
                              lua_typename(lua, type));
        }
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, ++count);
    }
    sim_sandbox_charge(lua, (uint64_t)count * 16);
    struct pairs_key *keys = lua_newuserdatauv(lua, sizeof(*keys) * ((size_t)count + 1), 0);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(lua, 2, i + 1);
        bool is_text = lua_type(lua, -1) == LUA_TSTRING;
        keys[i] = (struct pairs_key){.is_text = is_text,
                                     .number = is_text ? 0 : lua_tonumber(lua, -1),
                                     .text = is_text ? lua_tostring(lua, -1) : NULL,
                                     .index = i + 1};
        lua_pop(lua, 1);
    }
    sim_sort(keys, (size_t)count, sizeof(*keys), compare_keys, NULL);
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(lua, 2, keys[i].index);
        lua_rawseti(lua, -2, i + 1);
    }
    lua_pushvalue(lua, 1);
    lua_insert(lua, -2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, pairs_step, 3);
    return 1;
}

static int ipairs_step(lua_State *lua)
{
    lua_Integer at = lua_tointeger(lua, 2) + 1;
    lua_pushinteger(lua, at);
    return lua_rawgeti(lua, 1, at) == LUA_TNIL ? 1 : 2;
}

static int library_ipairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushcfunction(lua, ipairs_step);
    lua_pushvalue(lua, 1);
    lua_pushinteger(lua, 0);
    return 3;
}

static int library_type(lua_State *lua)
{
    struct sim_quantity quantity;
    luaL_checkany(lua, 1);
    if (lua_type(lua, 1) == LUA_TUSERDATA) {
        lua_pushstring(lua, sim_quantities_get(lua, 1, &quantity) ? "quantity" : "value");
    } else {
        lua_pushstring(lua, luaL_typename(lua, 1));
    }
    return 1;
}

/* Never an address: tables and functions read as what they are. */
static int library_tostring(lua_State *lua)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    struct sim_quantity quantity;
    luaL_checkany(lua, 1);
    switch (lua_type(lua, 1)) {
    case LUA_TSTRING:
        lua_settop(lua, 1);
        break;
    case LUA_TNUMBER:
        lua_settop(lua, 1);
        lua_tolstring(lua, 1, NULL);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(lua, lua_toboolean(lua, 1) ? "true" : "false");
        break;
    default:
        if (sim_quantities_get(lua, 1, &quantity)) {
            lua_pushstring(lua, sim_quantity_text(chunk->arena, &quantity));
        } else if (sim_values_get(lua, 1)) {
            lua_pushstring(lua, sim_value_describe(chunk->arena, sim_values_get(lua, 1)));
        } else {
            lua_pushstring(lua, luaL_typename(lua, 1));
        }
    }
    sim_sandbox_charge(lua, 4);
    return 1;
}

static int library_tonumber(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (lua_type(lua, 1) == LUA_TNUMBER) {
        lua_settop(lua, 1);
        return 1;
    }
    size_t length = 0;
    const char *text = lua_type(lua, 1) == LUA_TSTRING ? lua_tolstring(lua, 1, &length) : NULL;
    if (!text || length > 100 || lua_stringtonumber(lua, text) != length + 1) {
        lua_pushnil(lua);
    }
    return 1;
}

static int library_error(lua_State *lua)
{
    const char *text = lua_type(lua, 1) == LUA_TSTRING ? lua_tostring(lua, 1) : "error";
    return luaL_error(lua, "%s", text);
}

static int library_assert(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (lua_toboolean(lua, 1)) {
        return lua_gettop(lua);
    }
    const char *text = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "assertion failed";
    return luaL_error(lua, "%s", text);
}

static const luaL_Reg base_functions[] = {
    {"pairs", sim_library_pairs},   {"ipairs", library_ipairs},
    {"type", library_type},         {"tostring", library_tostring},
    {"tonumber", library_tonumber}, {"error", library_error},
    {"assert", library_assert},     {NULL, NULL},
};

static void protect_string_methods(lua_State *lua)
{
    lua_pushliteral(lua, "");
    lua_createtable(lua, 0, 1);
    lua_getfield(lua, -3, "string");
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}

void sim_library_open(lua_State *lua)
{
    lua_newtable(lua);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, LUA_REGISTRYINDEX, SIM_BUILTINS);
    luaL_setfuncs(lua, base_functions, 0);
    sim_library_push_math(lua);
    sim_library_protect(lua, "math.");
    lua_setfield(lua, -2, "math");
    sim_library_push_table(lua);
    sim_library_protect(lua, "table.");
    lua_setfield(lua, -2, "table");
    sim_library_push_string(lua);
    sim_library_protect(lua, "string.");
    lua_setfield(lua, -2, "string");
    protect_string_methods(lua);
    sim_quantities_open(lua);
    sim_values_open(lua);
    sim_constructors_open(lua);
    sim_inputs_open(lua);
    sim_library_protect(lua, "");
    lua_setfield(lua, LUA_REGISTRYINDEX, SIM_ENVIRONMENT);
}
