/* Opaque values in Lua, and the conversion of Lua's values into trees with lines.
 *
 * A value is copied when its constructor is called: what happens to a table afterwards changes
 * nothing. Laws and blocks cannot be calculated with; values that are wrong already can, and stay
 * so.
 */
#include "scenario/lua/internal.h"

#include <string.h>

#include "base/sort.h"
#include "base/text.h"

#define METATABLE "brink.value"

/* What Lua holds: the tree itself lives in the arena. */
struct box {
    const struct sim_value *value;
};

void sim_values_push(lua_State *lua, const struct sim_value *value)
{
    struct box *box = lua_newuserdatauv(lua, sizeof(*box), 0);
    box->value = value;
    luaL_setmetatable(lua, METATABLE);
}

void sim_values_push_bad(lua_State *lua)
{
    struct sim_value *value = sim_arena_new(sim_chunk_of(lua)->arena, struct sim_value);
    value->kind = SIM_VALUE_BAD;
    value->weight = 1;
    value->file = sim_chunk_of(lua)->path;
    sim_sandbox_charge(lua, 4);
    sim_values_push(lua, value);
}

const struct sim_value *sim_values_get(lua_State *lua, int index)
{
    const struct box *box = luaL_testudata(lua, index, METATABLE);
    return box ? box->value : NULL;
}

const struct sim_lines *sim_values_lines(const struct sim_chunk *chunk, const char *file)
{
    for (uint32_t i = 0; i < chunk->file_count; i++) {
        if (chunk->files[i].path == file) {
            return chunk->files[i].lines;
        }
    }
    return NULL;
}

/* One table on its way to become a tree. */
struct conversion {
    lua_State *lua;
    struct sim_arena *arena;
    const char *file;
    const struct sim_lines *lines;
};

static struct sim_value *new_value(struct conversion *conversion, enum sim_value_kind kind,
                                   int line)
{
    struct sim_value *value = sim_arena_new(conversion->arena, struct sim_value);
    value->kind = kind;
    value->file = conversion->file;
    value->line = line;
    value->weight = 1;
    sim_sandbox_charge(conversion->lua, 4);
    return value;
}

static void add_child(struct conversion *conversion, struct sim_value *value,
                      const struct sim_value *child)
{
    value->weight += child->weight;
    value->depth = MAX(value->depth, child->depth + 1);
    if (value->weight > SIM_VALUE_WEIGHT_MAX) {
        luaL_error(conversion->lua, "more than %d values in one", SIM_VALUE_WEIGHT_MAX);
    }
    if (value->depth > SIM_VALUE_DEPTH_MAX) {
        luaL_error(conversion->lua, "tables are nested more than %d deep", SIM_VALUE_DEPTH_MAX);
    }
}

static const struct sim_value *convert(struct conversion *conversion, int index, int line,
                                       uint32_t table, uint32_t depth);

static void convert_items(struct conversion *conversion, int index, uint32_t table, uint32_t depth,
                          struct sim_value *value)
{
    lua_State *lua = conversion->lua;
    size_t count = lua_rawlen(lua, index);
    if (count > SIM_VALUE_WEIGHT_MAX) {
        luaL_error(lua, "more than %d values in one", SIM_VALUE_WEIGHT_MAX);
    }
    const struct sim_value **items =
        sim_arena_array(conversion->arena, const struct sim_value *, count);
    value->items = items;
    uint32_t at = conversion->lines ? sim_lines_first(conversion->lines, table) : SIM_LINES_NONE;
    for (size_t i = 0; i < count; i++) {
        struct sim_lines_entry entry = {.line = value->line, .table = SIM_LINES_NONE};
        if (at != SIM_LINES_NONE) {
            sim_lines_item(conversion->lines, &at, (uint32_t)i, &entry);
        }
        lua_rawgeti(lua, index, (lua_Integer)i + 1);
        items[i] = convert(conversion, lua_gettop(lua), entry.line, entry.table, depth + 1);
        lua_pop(lua, 1);
        value->item_count++;
        add_child(conversion, value, items[i]);
    }
}

struct ordered_field {
    struct sim_value_field field;
    uint32_t order; /* of its place in the file; unknown ones last */
    uint32_t table;
};

static int compare_fields(const void *a, const void *b, void *data)
{
    (void)data;
    const struct ordered_field *first = a;
    const struct ordered_field *second = b;
    if (first->order != second->order) {
        return first->order < second->order ? -1 : 1;
    }
    return strcmp(first->field.name, second->field.name);
}

/* The name of the field whose key is on top of the stack, or NULL for an item. */
static const char *field_name(struct conversion *conversion, int index)
{
    lua_State *lua = conversion->lua;
    if (lua_type(lua, -1) == LUA_TSTRING) {
        const char *name = lua_tostring(lua, -1);
        if (!sim_text_is_tame(name, false)) {
            luaL_error(lua, "the name of a field holds a control character, or is not UTF-8");
        }
        return sim_arena_strdup(conversion->arena, name);
    }
    lua_Integer at = lua_isinteger(lua, -1) ? lua_tointeger(lua, -1) : 0;
    if (at < 1 || (lua_Unsigned)at > lua_rawlen(lua, index)) {
        luaL_error(lua, "a table has a key that is neither a name nor the number of an item");
    }
    return NULL;
}

static void convert_fields(struct conversion *conversion, int index, uint32_t table, uint32_t depth,
                           struct sim_value *value)
{
    lua_State *lua = conversion->lua;
    size_t count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
        lua_pop(lua, 1);
        count += lua_type(lua, -1) != LUA_TNUMBER || !lua_isinteger(lua, -1);
    }
    sim_sandbox_charge(lua, count * 8);
    struct ordered_field *ordered = sim_arena_array(conversion->arena, struct ordered_field, count);
    size_t filled = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
        lua_pop(lua, 1);
        const char *name = field_name(conversion, index);
        if (name) {
            struct sim_lines_entry entry = {value->line, UINT32_MAX, SIM_LINES_NONE};
            if (conversion->lines) {
                sim_lines_field(conversion->lines, table, name, &entry);
            }
            g_assert(filled < count);
            ordered[filled++] =
                (struct ordered_field){{name, entry.line, NULL, false}, entry.order, entry.table};
        }
    }
    sim_sort(ordered, filled, sizeof(*ordered), compare_fields, NULL);
    struct sim_value_field *fields =
        sim_arena_array(conversion->arena, struct sim_value_field, filled);
    value->fields = fields;
    for (size_t i = 0; i < filled; i++) {
        fields[i] = ordered[i].field;
        lua_pushstring(lua, fields[i].name);
        lua_rawget(lua, index);
        fields[i].value =
            convert(conversion, lua_gettop(lua), fields[i].line, ordered[i].table, depth + 1);
        lua_pop(lua, 1);
        value->field_count++;
        add_child(conversion, value, fields[i].value);
    }
}

static const struct sim_value *convert_table(struct conversion *conversion, int index, int line,
                                             uint32_t table, uint32_t depth)
{
    if (depth > SIM_VALUE_DEPTH_MAX) {
        luaL_error(conversion->lua, "tables are nested more than %d deep", SIM_VALUE_DEPTH_MAX);
    }
    luaL_checkstack(conversion->lua, 8, NULL);
    struct sim_value *value = new_value(conversion, SIM_VALUE_TABLE, line);
    convert_items(conversion, index, table, depth, value);
    convert_fields(conversion, index, table, depth, value);
    return value;
}

static const struct sim_value *convert_text(struct conversion *conversion, int index, int line)
{
    size_t length = 0;
    const char *text = lua_tolstring(conversion->lua, index, &length);
    if (strlen(text) != length) {
        luaL_error(conversion->lua, "a text holds a zero byte");
    }
    if (!sim_text_is_tame(text, true)) {
        luaL_error(conversion->lua, "a text holds a control character, or is not UTF-8");
    }
    struct sim_value *value = new_value(conversion, SIM_VALUE_TEXT, line);
    value->text = sim_arena_strdup(conversion->arena, text);
    return value;
}

/* Recursion ends at SIM_VALUE_DEPTH_MAX tables. */
static const struct sim_value *convert(struct conversion *conversion, int index, int line,
                                       uint32_t table, uint32_t depth)
{
    lua_State *lua = conversion->lua;
    const struct sim_value *given = sim_values_get(lua, index);
    if (given) {
        return given;
    }
    struct sim_quantity quantity;
    if (sim_quantities_get(lua, index, &quantity)) {
        bool is_number = lua_type(lua, index) == LUA_TNUMBER;
        struct sim_value *value =
            new_value(conversion, is_number ? SIM_VALUE_NUMBER : SIM_VALUE_QUANTITY, line);
        value->quantity = quantity;
        int is_integer = 0;
        value->integer = is_number ? lua_tointegerx(lua, index, &is_integer) : 0;
        value->is_integer = is_integer != 0;
        return value;
    }
    switch (lua_type(lua, index)) {
    case LUA_TSTRING:
        return convert_text(conversion, index, line);
    case LUA_TTABLE:
        return convert_table(conversion, index, line, table, depth);
    case LUA_TBOOLEAN: {
        struct sim_value *value = new_value(conversion, SIM_VALUE_BOOLEAN, line);
        value->boolean = lua_toboolean(lua, index) != 0;
        return value;
    }
    default: {
        struct sim_value *value = new_value(conversion, SIM_VALUE_OTHER, line);
        const char *pending = sim_constructors_pending(lua, index);
        value->text = pending                                 ? pending
                      : lua_type(lua, index) == LUA_TFUNCTION ? "a function"
                                                              : luaL_typename(lua, index);
        return value;
    }
    }
}

const struct sim_value *sim_values_convert(lua_State *lua, int index, const char *file, int line,
                                           uint32_t table)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    struct conversion conversion = {lua, chunk->arena, file, sim_values_lines(chunk, file)};
    return convert(&conversion, lua_absindex(lua, index), line, table, 0);
}

static bool is_bad(lua_State *lua, int index)
{
    const struct sim_value *value = sim_values_get(lua, index);
    return value && value->kind == SIM_VALUE_BAD;
}

/* Any operator: what is wrong stays wrong, all else is no number. */
static int calculate(lua_State *lua)
{
    if (!is_bad(lua, 1) && !is_bad(lua, 2)) {
        int index = sim_values_get(lua, 1) ? 1 : 2;
        const struct sim_value *value = sim_values_get(lua, index);
        sim_sandbox_complain(lua, "cannot calculate with %s",
                             sim_value_describe(sim_chunk_of(lua)->arena, value));
    }
    sim_values_push_bad(lua);
    return 1;
}

static int compare(lua_State *lua)
{
    calculate(lua);
    lua_pushboolean(lua, 0);
    return 1;
}

/* Calling or indexing what is wrong gives what is wrong. */
static int use(lua_State *lua)
{
    if (!is_bad(lua, 1)) {
        return luaL_error(lua, "%s is neither a function nor a table",
                          sim_value_describe(sim_chunk_of(lua)->arena, sim_values_get(lua, 1)));
    }
    sim_values_push_bad(lua);
    return 1;
}

static int assign(lua_State *lua)
{
    if (!is_bad(lua, 1)) {
        return luaL_error(lua,
                          "%s is made and cannot be changed: write its fields where it is made",
                          sim_value_describe(sim_chunk_of(lua)->arena, sim_values_get(lua, 1)));
    }
    return 0;
}

static const luaL_Reg operators[] = {
    {"__call", use},        {"__index", use},      {"__concat", calculate}, {"__add", calculate},
    {"__sub", calculate},   {"__mul", calculate},  {"__div", calculate},    {"__mod", calculate},
    {"__unm", calculate},   {"__idiv", calculate}, {"__lt", compare},       {"__le", compare},
    {"__newindex", assign}, {NULL, NULL},
};

void sim_values_open(lua_State *lua)
{
    luaL_newmetatable(lua, METATABLE);
    luaL_setfuncs(lua, operators, 0);
    lua_pushliteral(lua, "value");
    lua_setfield(lua, -2, "__name");
    lua_pop(lua, 1);
    struct sim_value *none = sim_arena_new(sim_chunk_of(lua)->arena, struct sim_value);
    none->kind = SIM_VALUE_NONE;
    none->weight = 1;
    none->file = sim_chunk_of(lua)->path;
    sim_values_push(lua, none);
    lua_setfield(lua, -2, "none");
}
