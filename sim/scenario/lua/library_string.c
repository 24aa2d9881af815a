/* string: what building names and sentences needs. No patterns: one match can take for ever. */
#include "scenario/lua/internal.h"

#include <string.h>

static int string_len(lua_State *lua)
{
    size_t length = 0;
    luaL_checklstring(lua, 1, &length);
    lua_pushinteger(lua, (lua_Integer)length);
    return 1;
}

/* A position as in Lua's manual: from 1, or from the end where negative; within 1 .. length + 1. */
static lua_Integer position(lua_Integer at, lua_Integer length)
{
    if (at < 0) {
        at = at < -length ? 1 : length + at + 1;
    }
    return at;
}

static int string_sub(lua_State *lua)
{
    size_t size = 0;
    const char *text = luaL_checklstring(lua, 1, &size);
    lua_Integer length = (lua_Integer)size;
    lua_Integer from = MAX(position(luaL_checkinteger(lua, 2), length), 1);
    lua_Integer to = luaL_optinteger(lua, 3, -1);
    to = to < -length ? 0 : MIN(position(to, length), length);
    if (from > to) {
        lua_pushliteral(lua, "");
    } else {
        lua_pushlstring(lua, text + from - 1, (size_t)(to - from + 1));
    }
    return 1;
}

static int map_bytes(lua_State *lua, char (*map)(char))
{
    size_t length = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(lua, &buffer, length);
    for (size_t i = 0; i < length; i++) {
        out[i] = map(text[i]);
    }
    luaL_pushresultsize(&buffer, length);
    sim_sandbox_charge(lua, length / 8);
    return 1;
}

static int string_upper(lua_State *lua)
{
    return map_bytes(lua, g_ascii_toupper);
}

static int string_lower(lua_State *lua)
{
    return map_bytes(lua, g_ascii_tolower);
}

static int string_rep(lua_State *lua)
{
    size_t length = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    lua_Integer count = luaL_checkinteger(lua, 2);
    if (count > 0 && length > 0 && (size_t)count > SIM_CHUNK_TEXT_MAX / length) {
        return luaL_error(lua, "string.rep: the text is longer than %d bytes", SIM_CHUNK_TEXT_MAX);
    }
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    for (lua_Integer i = 0; i < count && length > 0; i++) {
        luaL_addlstring(&buffer, text, length);
    }
    luaL_pushresult(&buffer);
    sim_sandbox_charge(lua, count > 0 && length > 0 ? (uint64_t)count : 0);
    return 1;
}

static int string_byte(lua_State *lua)
{
    size_t length = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    lua_Integer at = position(luaL_optinteger(lua, 2, 1), (lua_Integer)length);
    if (at < 1 || at > (lua_Integer)length) {
        return 0;
    }
    lua_pushinteger(lua, (unsigned char)text[at - 1]);
    return 1;
}

static int string_char(lua_State *lua)
{
    char out[255];
    int count = lua_gettop(lua);
    luaL_argcheck(lua, count < (int)sizeof(out), 1, "too many bytes");
    for (int i = 1; i <= count; i++) {
        lua_Integer byte = luaL_checkinteger(lua, i);
        luaL_argcheck(lua, byte >= 0 && byte <= 255, i, "not a byte");
        out[i - 1] = (char)(unsigned char)byte;
    }
    lua_pushlstring(lua, out, (size_t)count);
    return 1;
}

#define SPEC_MAX 16

/* Copies the conversion at `at` ("%-8.3f") into `spec`; gives its letter, or 0 when it is none. */
static char read_conversion(const char *at, char spec[SPEC_MAX])
{
    size_t flags = 1 + strspn(at + 1, "-+ 0#");
    size_t length = flags;
    for (int i = 0; i < 2 && g_ascii_isdigit(at[length]); i++) {
        length++;
    }
    if (at[length] == '.') {
        length++;
        for (int i = 0; i < 2 && g_ascii_isdigit(at[length]); i++) {
            length++;
        }
    }
    if (flags > 5 || !at[length] || !strchr("dixXfges%", at[length])) {
        return 0;
    }
    memcpy(spec, at, length);
    spec[length] = '\0';
    return at[length];
}

static void add_conversion(lua_State *lua, luaL_Buffer *buffer, const char *spec, char letter,
                           int argument)
{
    char full_spec[SPEC_MAX + 4];
    char number[512]; /* the largest double has 309 digits, and 99 may follow the point */
    if (strchr("dixX", letter)) {
        g_snprintf(full_spec, sizeof(full_spec), "%sll%c", spec, letter);
        g_snprintf(number, sizeof(number), full_spec, (long long)luaL_checkinteger(lua, argument));
    } else {
        g_snprintf(full_spec, sizeof(full_spec), "%s%c", spec, letter);
        g_snprintf(number, sizeof(number), full_spec, luaL_checknumber(lua, argument));
    }
    luaL_addstring(buffer, number);
}

/* %s takes texts and numbers as they are; width and precision do not apply to it. */
static void add_text(lua_State *lua, luaL_Buffer *buffer, int argument)
{
    size_t length = 0;
    const char *text = luaL_checklstring(lua, argument, &length);
    if (luaL_bufflen(buffer) + length > SIM_CHUNK_TEXT_MAX) {
        luaL_error(lua, "string.format: the text is longer than %d bytes", SIM_CHUNK_TEXT_MAX);
    }
    luaL_addlstring(buffer, text, length);
}

static int string_format(lua_State *lua)
{
    size_t length = 0;
    const char *format = luaL_checklstring(lua, 1, &length);
    int argument = 1;
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    sim_sandbox_charge(lua, 4 + length);
    for (const char *at = format; at < format + length; at++) {
        char spec[SPEC_MAX];
        if (*at != '%') {
            luaL_addchar(&buffer, *at);
            continue;
        }
        char letter = read_conversion(at, spec);
        if (letter == 0) {
            return luaL_error(lua, "string.format: unknown conversion at '%s'", at);
        }
        at += strlen(spec);
        if (letter == '%') {
            luaL_addchar(&buffer, '%');
        } else if (letter == 's') {
            add_text(lua, &buffer, ++argument);
        } else {
            add_conversion(lua, &buffer, spec, letter, ++argument);
        }
    }
    luaL_pushresult(&buffer);
    return 1;
}

static const luaL_Reg string_functions[] = {
    {"len", string_len},     {"sub", string_sub},       {"upper", string_upper},
    {"lower", string_lower}, {"rep", string_rep},       {"byte", string_byte},
    {"char", string_char},   {"format", string_format}, {NULL, NULL},
};

void sim_library_push_string(lua_State *lua)
{
    lua_newtable(lua);
    luaL_setfuncs(lua, string_functions, 0);
}
