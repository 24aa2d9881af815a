/* Constructors: the words that make laws, shapes and blocks.
 *
 * word { fields }, word(arguments) and word "name" { fields } all give a CALL with its place in the
 * source. Nothing is checked here: whoever reads the value knows what it should be, and so all
 * mistakes of a file are found at once.
 */
#include "scenario/lua/internal.h"

#include <string.h>

#include "base/text.h"

#define PENDING_METATABLE "brink.pending"

/* `node "x"`, before its fields. */
struct pending {
    const char *kind, *name;
    const char *file;
    int line;
};

/* The first of the table's names in the order of the alphabet, to tell constructors on one line
 * apart; NULL when it has none. */
static const char *first_name(lua_State *lua, int index)
{
    const char *first = NULL;
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
        lua_pop(lua, 1);
        const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
        if (name && (!first || strcmp(name, first) < 0)) {
            first = name;
        }
    }
    return first;
}

static bool is_plain_table(lua_State *lua, int index)
{
    return lua_type(lua, index) == LUA_TTABLE;
}

static uint32_t table_of_call(lua_State *lua, const struct pending *call, int index)
{
    const struct sim_lines *lines = sim_values_lines(sim_chunk_of(lua), call->file);
    if (!lines || !is_plain_table(lua, index)) {
        return SIM_LINES_NONE;
    }
    return sim_lines_call(lines, call->line, call->kind, call->name, first_name(lua, index));
}

static struct sim_value *new_call(lua_State *lua, const struct pending *call)
{
    struct sim_value *value = sim_arena_new(sim_chunk_of(lua)->arena, struct sim_value);
    value->kind = SIM_VALUE_CALL;
    value->text = call->kind;
    value->name = call->name;
    value->file = call->file;
    value->line = call->line;
    value->weight = 1;
    return value;
}

/* Arguments from `first` on. One table spreads into items and fields; several arguments are items,
 * and a last table that holds names alone gives the fields. */
static const struct sim_value *read_call(lua_State *lua, const struct pending *call, int first)
{
    struct sim_value *value = new_call(lua, call);
    int last = lua_gettop(lua);
    uint32_t count = last >= first ? (uint32_t)(last - first + 1) : 0;
    const struct sim_value **items =
        sim_arena_array(sim_chunk_of(lua)->arena, const struct sim_value *, count);
    value->items = items;
    for (uint32_t i = 0; i < count; i++) {
        int index = first + (int)i;
        const struct sim_value *item =
            sim_values_convert(lua, index, call->file, call->line, table_of_call(lua, call, index));
        value->weight += item->weight;
        value->depth = MAX(value->depth, item->depth + 1);
        bool is_last_table = is_plain_table(lua, index) && i + 1 == count;
        if (is_last_table && (count == 1 || item->item_count == 0)) {
            value->fields = item->fields;
            value->field_count = item->field_count;
            value->items = count == 1 ? item->items : items;
            value->item_count = count == 1 ? item->item_count : value->item_count;
        } else {
            items[value->item_count++] = item;
        }
    }
    if (value->weight > SIM_VALUE_WEIGHT_MAX || value->depth > SIM_VALUE_DEPTH_MAX) {
        luaL_error(lua, "%s: too many values, or nested too deeply", call->kind);
    }
    sim_sandbox_charge(lua, 20);
    return value;
}

int sim_constructors_plain(lua_State *lua, const char *kind, int first)
{
    struct pending call = {.kind = kind};
    sim_sandbox_where(lua, &call.file, &call.line);
    sim_values_push(lua, read_call(lua, &call, first));
    return 1;
}

/* Upvalue: the word. */
static int plain_call(lua_State *lua)
{
    return sim_constructors_plain(lua, lua_touserdata(lua, lua_upvalueindex(1)), 1);
}

int sim_constructors_named(lua_State *lua, const char *kind, int name_index)
{
    struct sim_arena *arena = sim_chunk_of(lua)->arena;
    struct pending call = {.kind = kind};
    sim_sandbox_where(lua, &call.file, &call.line);
    sim_sandbox_charge(lua, 20);
    if (lua_type(lua, name_index) != LUA_TSTRING) {
        if (is_plain_table(lua, name_index)) { /* the reader says that the name is missing */
            sim_values_push(lua, read_call(lua, &call, name_index));
            return 1;
        }
        return luaL_error(lua, "%s: expected a name, as in %s \"a\" { ... }", kind, kind);
    }
    const char *name = lua_tostring(lua, name_index);
    if (!sim_text_is_tame(name, false)) {
        return luaL_error(lua, "%s: the name holds a control character, or is not UTF-8", kind);
    }
    if (strlen(name) > SIM_CHUNK_NAME_MAX) {
        return luaL_error(lua, "%s: the name is longer than %d bytes", kind, SIM_CHUNK_NAME_MAX);
    }
    call.name = sim_arena_strdup(arena, name);
    struct pending *pending = lua_newuserdatauv(lua, sizeof(*pending), 0);
    *pending = call;
    luaL_setmetatable(lua, PENDING_METATABLE);
    return 1;
}

const char *sim_constructors_pending(lua_State *lua, int index)
{
    const struct pending *call = luaL_testudata(lua, index, PENDING_METATABLE);
    if (!call) {
        return NULL;
    }
    g_autofree char *text =
        g_strdup_printf("%s \"%s\" without its { fields }", call->kind, call->name);
    return sim_arena_strdup(sim_chunk_of(lua)->arena, text);
}

static int named_call(lua_State *lua)
{
    return sim_constructors_named(lua, lua_touserdata(lua, lua_upvalueindex(1)), 1);
}

static int finish_pending(lua_State *lua)
{
    const struct pending *call = luaL_checkudata(lua, 1, PENDING_METATABLE);
    sim_values_push(lua, read_call(lua, call, 2));
    return 1;
}

static void add_word(lua_State *lua, const char *word, lua_CFunction function)
{
    if (lua_getfield(lua, -1, word) != LUA_TNIL) { /* `machine` is a noun too: see quantities.c */
        lua_pop(lua, 1);
        return;
    }
    lua_pop(lua, 1);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)word);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, word);
}

/* The library's table is on top of the stack. */
void sim_constructors_open(lua_State *lua)
{
    const struct sim_chunk_words *words = sim_chunk_of(lua)->words;
    luaL_newmetatable(lua, PENDING_METATABLE);
    lua_pushcfunction(lua, finish_pending);
    lua_setfield(lua, -2, "__call");
    lua_pushliteral(lua, "block without its { fields }");
    lua_setfield(lua, -2, "__name");
    lua_pop(lua, 1);
    for (size_t i = 0; words->calls[i]; i++) {
        add_word(lua, words->calls[i], plain_call);
    }
    for (size_t i = 0; words->named[i]; i++) {
        add_word(lua, words->named[i], named_call);
    }
}
