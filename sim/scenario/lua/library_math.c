/* math: from base/math.h, so that one text gives one scenario on every machine. */
#include "scenario/lua/internal.h"

#include <math.h>

#include "base/math.h"

/* Rounding keeps the unit of what is counted: math.ceil(3.2 * machines) is 4 machines. */
static struct sim_quantity countable(lua_State *lua, int index)
{
    struct sim_quantity quantity;
    if (!sim_quantities_get(lua, index, &quantity)) {
        luaL_error(lua, "expected a number, got %s", luaL_typename(lua, index));
    }
    if (quantity.dimension.second != 0 || quantity.dimension.byte != 0) {
        luaL_error(lua, "expected a number, got a quantity in %s: divide it by a unit first",
                   sim_dimension_text(sim_chunk_of(lua)->arena, &quantity.dimension));
    }
    quantity.is_percent = false;
    return quantity;
}

static double number(lua_State *lua, int index)
{
    struct sim_quantity quantity = countable(lua, index);
    if (!sim_dimension_is_number(&quantity.dimension)) {
        luaL_error(lua, "expected a number, got %s",
                   sim_quantity_text(sim_chunk_of(lua)->arena, &quantity));
    }
    return quantity.value;
}

static int push_rounded(lua_State *lua, struct sim_quantity quantity)
{
    lua_Integer integer;
    if (sim_dimension_is_number(&quantity.dimension) &&
        lua_numbertointeger(quantity.value, &integer)) {
        lua_pushinteger(lua, integer);
    } else {
        sim_quantities_push(lua, &quantity);
    }
    return 1;
}

static int math_floor(lua_State *lua)
{
    struct sim_quantity quantity = countable(lua, 1);
    quantity.value = sim_floor(quantity.value);
    return push_rounded(lua, quantity);
}

static int math_ceil(lua_State *lua)
{
    struct sim_quantity quantity = countable(lua, 1);
    quantity.value = sim_ceil(quantity.value);
    return push_rounded(lua, quantity);
}

static int math_abs(lua_State *lua)
{
    if (lua_isinteger(lua, 1)) {
        lua_Integer x = lua_tointeger(lua, 1);
        lua_pushinteger(lua, x < 0 ? (lua_Integer)(0u - (lua_Unsigned)x) : x);
        return 1;
    }
    struct sim_quantity quantity;
    luaL_argcheck(lua, sim_quantities_get(lua, 1, &quantity), 1, "expected a number");
    quantity.value = quantity.value < 0 ? -quantity.value : quantity.value;
    sim_quantities_push(lua, &quantity);
    return 1;
}

/* The argument that compares before (sign < 0) or after all others, as it was given. */
static int extreme(lua_State *lua, bool is_max)
{
    int best = 1;
    luaL_checkany(lua, 1);
    for (int i = 2; i <= lua_gettop(lua); i++) {
        bool is_better =
            is_max ? lua_compare(lua, best, i, LUA_OPLT) : lua_compare(lua, i, best, LUA_OPLT);
        best = is_better ? i : best;
    }
    lua_pushvalue(lua, best);
    return 1;
}

static int math_min(lua_State *lua)
{
    return extreme(lua, false);
}

static int math_max(lua_State *lua)
{
    return extreme(lua, true);
}

static int math_sqrt(lua_State *lua)
{
    lua_pushnumber(lua, sim_sqrt(number(lua, 1)));
    return 1;
}

static int math_exp(lua_State *lua)
{
    lua_pushnumber(lua, sim_exp(number(lua, 1)));
    return 1;
}

static int math_log(lua_State *lua)
{
    double x = sim_log(number(lua, 1));
    lua_pushnumber(lua, lua_isnoneornil(lua, 2) ? x : x / sim_log(number(lua, 2)));
    return 1;
}

static int math_pow(lua_State *lua)
{
    lua_pushnumber(lua, sim_pow(number(lua, 1), number(lua, 2)));
    return 1;
}

static int math_sin(lua_State *lua)
{
    lua_pushnumber(lua, sim_sin(number(lua, 1)));
    return 1;
}

static int math_cos(lua_State *lua)
{
    lua_pushnumber(lua, sim_cos(number(lua, 1)));
    return 1;
}

/* Exact in IEEE arithmetic, hence the C library's. */
static int math_fmod(lua_State *lua)
{
    lua_pushnumber(lua, fmod(number(lua, 1), number(lua, 2)));
    return 1;
}

static int math_tointeger(lua_State *lua)
{
    int is_integer = 0;
    lua_Integer integer = lua_type(lua, 1) == LUA_TNUMBER ? lua_tointegerx(lua, 1, &is_integer) : 0;
    if (is_integer) {
        lua_pushinteger(lua, integer);
    } else {
        lua_pushnil(lua);
    }
    return 1;
}

static int math_type(lua_State *lua)
{
    if (lua_type(lua, 1) != LUA_TNUMBER) {
        lua_pushnil(lua);
    } else {
        lua_pushstring(lua, lua_isinteger(lua, 1) ? "integer" : "float");
    }
    return 1;
}

static const luaL_Reg math_functions[] = {
    {"floor", math_floor},
    {"ceil", math_ceil},
    {"abs", math_abs},
    {"min", math_min},
    {"max", math_max},
    {"sqrt", math_sqrt},
    {"exp", math_exp},
    {"log", math_log},
    {"pow", math_pow},
    {"sin", math_sin},
    {"cos", math_cos},
    {"fmod", math_fmod},
    {"tointeger", math_tointeger},
    {"type", math_type},
    {NULL, NULL},
};

void sim_library_push_math(lua_State *lua)
{
    lua_newtable(lua);
    luaL_setfuncs(lua, math_functions, 0);
    lua_pushnumber(lua, 0x1.921fb54442d18p+1);
    lua_setfield(lua, -2, "pi");
    lua_pushnumber(lua, HUGE_VAL);
    lua_setfield(lua, -2, "huge");
    lua_pushinteger(lua, LUA_MAXINTEGER);
    lua_setfield(lua, -2, "maxinteger");
    lua_pushinteger(lua, LUA_MININTEGER);
    lua_setfield(lua, -2, "mininteger");
}
