/* Quantities in Lua: opaque numbers with a unit, their operators, and the words that make them.
 *
 * A wrong sum is reported and gives a value that no reader complains about again, so that one
 * mistake is one message and the rest of the file is still checked.
 */
#include "scenario/lua/internal.h"

#include <string.h>

#include "scenario/planning.h"

#define METATABLE "brink.quantity"

void sim_quantities_push(lua_State *lua, const struct sim_quantity *quantity)
{
    if (sim_dimension_is_number(&quantity->dimension) && !quantity->is_percent) {
        lua_pushnumber(lua, quantity->value);
        return;
    }
    struct sim_quantity *copy = lua_newuserdatauv(lua, sizeof(*copy), 0);
    *copy = *quantity;
    luaL_setmetatable(lua, METATABLE);
}

bool sim_quantities_get(lua_State *lua, int index, struct sim_quantity *ret_quantity)
{
    if (lua_type(lua, index) == LUA_TNUMBER) {
        *ret_quantity = sim_quantity_number(lua_tonumber(lua, index));
        return true;
    }
    const struct sim_quantity *quantity = luaL_testudata(lua, index, METATABLE);
    if (quantity) {
        *ret_quantity = *quantity;
    }
    return quantity != NULL;
}

static const char *unit_text(lua_State *lua, const struct sim_quantity *quantity)
{
    const char *text = sim_dimension_text(sim_chunk_of(lua)->arena, &quantity->dimension);
    return text[0] ? text : "a number";
}

/* Both operands; false with the result already pushed when there is no use in going on. */
static bool operands(lua_State *lua, const char *verb, struct sim_quantity *a,
                     struct sim_quantity *b)
{
    struct sim_quantity *into[2] = {a, b};
    for (int i = 1; i <= 2; i++) {
        const struct sim_value *value = sim_values_get(lua, i);
        if (value && value->kind == SIM_VALUE_BAD) {
            sim_values_push_bad(lua);
            return false;
        }
        if (!sim_quantities_get(lua, i, into[i - 1])) {
            struct sim_arena *arena = sim_chunk_of(lua)->arena;
            sim_sandbox_complain(
                lua, "cannot %s %s", verb,
                value ? sim_value_describe(arena, value)
                : lua_type(lua, i) == LUA_TSTRING
                    ? "a text: write ms(5), not \"5ms\", where it is calculated with"
                    : luaL_typename(lua, i));
            sim_values_push_bad(lua);
            return false;
        }
    }
    return true;
}

static int push_result(lua_State *lua, const struct sim_quantity *result)
{
    sim_quantities_push(lua, result);
    return 1;
}

static int sum(lua_State *lua, double sign)
{
    struct sim_quantity a;
    struct sim_quantity b;
    if (!operands(lua, sign > 0 ? "add" : "subtract", &a, &b)) {
        return 1;
    }
    if (!sim_dimension_equal(&a.dimension, &b.dimension)) {
        if (sign > 0) {
            sim_sandbox_complain(lua, "cannot add %s to %s", unit_text(lua, &b),
                                 unit_text(lua, &a));
        } else {
            sim_sandbox_complain(lua, "cannot subtract %s from %s", unit_text(lua, &b),
                                 unit_text(lua, &a));
        }
        sim_values_push_bad(lua);
        return 1;
    }
    a.value += sign * b.value;
    a.is_percent = a.is_percent || b.is_percent;
    return push_result(lua, &a);
}

static int quantity_add(lua_State *lua)
{
    return sum(lua, 1);
}

static int quantity_subtract(lua_State *lua)
{
    return sum(lua, -1);
}

static int product(lua_State *lua, int32_t sign)
{
    struct sim_quantity a;
    struct sim_quantity b;
    if (!operands(lua, sign > 0 ? "multiply" : "divide", &a, &b)) {
        return 1;
    }
    struct sim_quantity result = {.value = sign > 0 ? a.value * b.value : a.value / b.value};
    if (!sim_dimension_combine(&a.dimension, &b.dimension, sign, &result.dimension)) {
        sim_sandbox_complain(lua, "too many units in one quantity");
        sim_values_push_bad(lua);
        return 1;
    }
    bool is_number = sim_dimension_is_number(&a.dimension) && sim_dimension_is_number(&b.dimension);
    result.is_percent =
        is_number && (sign > 0 ? a.is_percent != b.is_percent : a.is_percent && !b.is_percent);
    return push_result(lua, &result);
}

static int quantity_multiply(lua_State *lua)
{
    return product(lua, 1);
}

static int quantity_divide(lua_State *lua)
{
    return product(lua, -1);
}

static int quantity_negate(lua_State *lua)
{
    struct sim_quantity a;
    struct sim_quantity b;
    if (!operands(lua, "negate", &a, &b)) {
        return 1;
    }
    a.value = -a.value;
    return push_result(lua, &a);
}

/* -1, 0 or 1; what cannot be compared is reported and counts as equal. */
static int order(lua_State *lua)
{
    struct sim_quantity a;
    struct sim_quantity b;
    if (!operands(lua, "compare", &a, &b)) {
        return 0;
    }
    if (!sim_dimension_equal(&a.dimension, &b.dimension)) {
        sim_sandbox_complain(lua, "cannot compare %s with %s", unit_text(lua, &a),
                             unit_text(lua, &b));
        return 0;
    }
    return (a.value > b.value) - (a.value < b.value);
}

static int quantity_less(lua_State *lua)
{
    lua_pushboolean(lua, order(lua) < 0);
    return 1;
}

static int quantity_less_equal(lua_State *lua)
{
    lua_pushboolean(lua, order(lua) <= 0);
    return 1;
}

static int quantity_equal(lua_State *lua)
{
    struct sim_quantity a;
    struct sim_quantity b;
    bool is_equal = sim_quantities_get(lua, 1, &a) && sim_quantities_get(lua, 2, &b) &&
                    sim_dimension_equal(&a.dimension, &b.dimension) && !(a.value < b.value) &&
                    !(a.value > b.value);
    lua_pushboolean(lua, is_equal);
    return 1;
}

static void push_text(lua_State *lua, int index)
{
    struct sim_quantity quantity;
    if (lua_type(lua, index) == LUA_TSTRING || lua_type(lua, index) == LUA_TNUMBER) {
        lua_pushvalue(lua, index);
        lua_tolstring(lua, -1, NULL);
    } else if (sim_quantities_get(lua, index, &quantity)) {
        lua_pushstring(lua, sim_quantity_text(sim_chunk_of(lua)->arena, &quantity));
    } else {
        luaL_error(lua, "cannot join %s to a text", luaL_typename(lua, index));
    }
}

static int quantity_concat(lua_State *lua)
{
    push_text(lua, 1);
    push_text(lua, 2);
    lua_concat(lua, 2);
    return 1;
}

/* Some words are nouns and make values too: 50 * GB(1) / machine, and machine "m" { ... }. */
static int quantity_call(lua_State *lua)
{
    const struct sim_quantity *quantity = luaL_checkudata(lua, 1, METATABLE);
    const struct sim_chunk_words *words = sim_chunk_of(lua)->words;
    const char *noun = quantity->dimension.noun_count == 1 ? quantity->dimension.nouns[0].noun : "";
    for (size_t i = 0; words->named[i]; i++) {
        if (strcmp(words->named[i], noun) == 0) {
            return sim_constructors_named(lua, words->named[i], 2);
        }
    }
    for (size_t i = 0; words->calls[i]; i++) {
        if (strcmp(words->calls[i], noun) == 0) {
            return sim_constructors_plain(lua, words->calls[i], 2);
        }
    }
    return luaL_error(lua, "cannot call a quantity");
}

static const luaL_Reg operators[] = {
    {"__add", quantity_add},
    {"__sub", quantity_subtract},
    {"__mul", quantity_multiply},
    {"__div", quantity_divide},
    {"__unm", quantity_negate},
    {"__lt", quantity_less},
    {"__le", quantity_less_equal},
    {"__eq", quantity_equal},
    {"__concat", quantity_concat},
    {"__call", quantity_call},
    {NULL, NULL},
};

/* Upvalue: the unit word as light userdata. */
static int make_quantity(lua_State *lua)
{
    const struct sim_unit_word *word = lua_touserdata(lua, lua_upvalueindex(1));
    struct sim_quantity x;
    sim_sandbox_charge(lua, 2);
    bool is_number = sim_quantities_get(lua, 1, &x) && sim_dimension_is_number(&x.dimension) &&
                     !x.is_percent && lua_gettop(lua) == 1;
    if (!is_number || x.value - x.value != 0) {
        const struct sim_value *given =
            lua_gettop(lua) == 0 ? NULL : sim_values_convert(lua, 1, "", 0, SIM_LINES_NONE);
        if (!given || given->kind != SIM_VALUE_BAD) {
            sim_sandbox_complain(
                lua, "%s: expected a number, as in %s(5), got %s", word->name, word->name,
                !given                ? "nothing"
                : lua_gettop(lua) > 1 ? "more than one"
                                      : sim_value_describe(sim_chunk_of(lua)->arena, given));
        }
        sim_values_push_bad(lua);
        return 1;
    }
    struct sim_quantity quantity = sim_quantity_of_word(word, x.value);
    return push_result(lua, &quantity);
}

/* unit "post": a noun of one's own, or one that exists. */
static int make_unit(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    luaL_argcheck(lua, name[0] && strlen(name) <= 40, 1, "a unit is a short word");
    for (const char *c = name; *c; c++) {
        luaL_argcheck(lua, g_ascii_isalpha(*c) || *c == '_' || *c == '-', 1,
                      "a unit is one word of letters");
    }
    const struct sim_noun *noun = sim_noun_find(name);
    struct sim_quantity quantity =
        sim_quantity_noun(noun ? noun->singular : sim_arena_strdup(sim_chunk_of(lua)->arena, name));
    sim_sandbox_charge(lua, 4);
    return push_result(lua, &quantity);
}

static void open_latencies(lua_State *lua)
{
    lua_newtable(lua);
    for (const struct sim_planning_value *row = sim_planning_latencies; row->name; row++) {
        struct sim_quantity quantity = sim_quantity_of_word(sim_unit_word_find("ns"), row->ns);
        sim_quantities_push(lua, &quantity);
        lua_setfield(lua, -2, row->name);
    }
    sim_library_protect(lua, "latency.");
    lua_setfield(lua, -2, "latency");
}

/* The library's table is on top of the stack. */
void sim_quantities_open(lua_State *lua)
{
    luaL_newmetatable(lua, METATABLE);
    luaL_setfuncs(lua, operators, 0);
    lua_pushliteral(lua, "quantity");
    lua_setfield(lua, -2, "__name");
    lua_pop(lua, 1);
    for (const struct sim_noun *noun = sim_nouns; noun->singular; noun++) {
        struct sim_quantity quantity = sim_quantity_noun(noun->singular);
        sim_quantities_push(lua, &quantity);
        lua_pushvalue(lua, -1);
        lua_setfield(lua, -3, noun->singular);
        lua_setfield(lua, -2, noun->plural);
    }
    for (const struct sim_unit_word *word = sim_unit_words; word->name; word++) {
        lua_pushlightuserdata(lua, (void *)(uintptr_t)word);
        lua_pushcclosure(lua, make_quantity, 1);
        lua_setfield(lua, -2, word->name);
    }
    lua_pushcfunction(lua, make_unit);
    lua_setfield(lua, -2, "unit");
    open_latencies(lua);
}
