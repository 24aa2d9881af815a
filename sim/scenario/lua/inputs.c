/* Inputs of a chunk: params, which a setting may override, and included files. */
#include "scenario/lua/internal.h"

#include <string.h>

#include "base/math.h"
#include "base/text.h"
#include "scenario/file.h"

#define INCLUDE_DEPTH_MAX 16
#define PARAM_COUNT_MAX 1000

static const struct sim_setting *find_setting(const struct sim_chunk *chunk, const char *name)
{
    for (uint32_t i = chunk->setting_count; i-- > 0;) { /* the last one counts */
        if (strcmp(chunk->settings[i].name, name) == 0) {
            return &chunk->settings[i];
        }
    }
    return NULL;
}

static struct sim_chunk_param *find_param(const struct sim_chunk *chunk, const char *name)
{
    for (guint i = 0; i < chunk->params->len; i++) {
        struct sim_chunk_param *param = &g_array_index(chunk->params, struct sim_chunk_param, i);
        if (strcmp(param->shown.name, name) == 0) {
            return param;
        }
    }
    return NULL;
}

/* Pushes what `text` evaluates to in the environment; false (and nothing pushed) when it fails. */
static bool evaluate(lua_State *lua, const char *text)
{
    g_autofree char *expression = g_strconcat("return ", text, NULL);
    bool is_clean = true;
    struct sim_chunk *chunk = sim_chunk_of(lua);
    struct sim_problems ignored;
    sim_problems_init(&ignored);
    sim_lines_scan(chunk->arena, chunk->path, expression, strlen(expression), &ignored, &is_clean);
    sim_problems_clear(&ignored);
    if (!is_clean || luaL_loadbufferx(lua, expression, strlen(expression), "=setting", "t")) {
        lua_settop(lua, is_clean ? -2 : -1);
        return false;
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, SIM_ENVIRONMENT);
    lua_setupvalue(lua, -2, 1);
    if (lua_pcall(lua, 0, 1, 0) != LUA_OK) {
        lua_pop(lua, 1);
        return false;
    }
    return true;
}

/* Pushes the value that a setting's text stands for beside that default; false when it is none. */
static bool push_setting(lua_State *lua, const char *text, const struct sim_value *fallback)
{
    double number = 0;
    enum sim_unit unit = SIM_UNIT_NONE;
    if (fallback->kind == SIM_VALUE_TEXT && text[0] != '"' && text[0] != '\'') {
        lua_pushstring(lua, text);
        return true;
    }
    bool is_measure = fallback->kind == SIM_VALUE_NUMBER || fallback->kind == SIM_VALUE_QUANTITY;
    if (is_measure && sim_text_parse(text, &number, &unit)) {
        struct sim_quantity quantity = sim_quantity_of_unit(number, unit);
        lua_Integer integer = 0;
        if (unit == SIM_UNIT_NONE && sim_floor(number) == number &&
            lua_numbertointeger(number, &integer)) {
            lua_pushinteger(lua, integer);
        } else {
            sim_quantities_push(lua, &quantity);
        }
        return true;
    }
    return evaluate(lua, text);
}

static bool is_same_kind(const struct sim_value *a, const struct sim_value *b)
{
    bool are_measures = (a->kind == SIM_VALUE_NUMBER || a->kind == SIM_VALUE_QUANTITY) &&
                        (b->kind == SIM_VALUE_NUMBER || b->kind == SIM_VALUE_QUANTITY);
    if (are_measures) {
        return sim_dimension_equal(&a->quantity.dimension, &b->quantity.dimension);
    }
    return a->kind == b->kind || (a->kind == SIM_VALUE_CALL && b->kind == SIM_VALUE_NONE) ||
           (a->kind == SIM_VALUE_NONE && b->kind == SIM_VALUE_CALL);
}

/* Replaces the default on top of the stack by the setting, if it fits. */
static void apply_setting(lua_State *lua, const struct sim_setting *setting,
                          const struct sim_value *fallback)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    const struct sim_value *value = NULL;
    size_t problem_count = chunk->problems->count;
    if (push_setting(lua, setting->value, fallback)) {
        value = sim_values_convert(lua, -1, fallback->file, fallback->line, SIM_LINES_NONE);
        if (is_same_kind(value, fallback)) {
            lua_remove(lua, -2);
            return;
        }
        lua_pop(lua, 1);
    }
    if (!chunk->stopped) { /* what is wrong with its parts is less to the point */
        sim_problems_truncate(chunk->problems, problem_count);
        sim_sandbox_complain(lua, "param '%s': cannot be set to %s: expected a value such as %s",
                             setting->name, setting->value, sim_value_lua(chunk->arena, fallback));
    }
}

static int input_param(lua_State *lua)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    const char *name = luaL_checkstring(lua, 1);
    luaL_argcheck(lua, lua_gettop(lua) == 2 && !lua_isnil(lua, 2), 2, "a param needs a default");
    luaL_argcheck(lua, sim_text_is_name(name) && strlen(name) <= SIM_CHUNK_NAME_MAX, 1,
                  "the name of a param is one word");
    const char *file = NULL;
    int line = 0;
    sim_sandbox_where(lua, &file, &line);
    const struct sim_value *fallback = sim_values_convert(lua, 2, file, line, SIM_LINES_NONE);
    const char *fallback_text = sim_value_lua(chunk->arena, fallback);
    struct sim_chunk_param *known = find_param(chunk, name);
    if (known) {
        if (strcmp(known->shown.fallback, fallback_text) != 0) {
            sim_sandbox_complain(lua, "param '%s' has two defaults, %s and %s", name,
                                 known->shown.fallback, fallback_text);
        }
        lua_rawgeti(lua, LUA_REGISTRYINDEX, known->reference);
        return 1;
    }
    luaL_argcheck(lua, chunk->params->len < PARAM_COUNT_MAX, 1, "too many params");
    const struct sim_setting *setting = find_setting(chunk, name);
    if (setting) {
        apply_setting(lua, setting, fallback);
    }
    const struct sim_value *value = sim_values_convert(lua, -1, file, line, SIM_LINES_NONE);
    struct sim_chunk_param param = {.shown = {sim_arena_strdup(chunk->arena, name), fallback_text,
                                              sim_value_lua(chunk->arena, value)},
                                    .fallback = fallback};
    lua_pushvalue(lua, -1);
    param.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    g_array_append_val(chunk->params, param);
    return 1;
}

void sim_inputs_check(struct sim_chunk *chunk)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < chunk->params->len; i++) {
        const struct sim_chunk_param *param =
            &g_array_index(chunk->params, struct sim_chunk_param, i);
        g_ptr_array_add(names, (void *)(uintptr_t)param->shown.name);
    }
    g_ptr_array_add(names, NULL);
    for (uint32_t i = 0; i < chunk->setting_count; i++) {
        const char *name = chunk->settings[i].name;
        if (find_param(chunk, name)) {
            continue;
        }
        const char *nearest = sim_text_nearest(name, (const char *const *)names->pdata);
        g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
        if (nearest) {
            sim_problems_add(chunk->problems, chunk->path, 0,
                             "there is no param '%s' (did you mean '%s'?)", name, nearest);
        } else if (names->len > 1) {
            sim_problems_add(chunk->problems, chunk->path, 0,
                             "there is no param '%s'; there are: %s", name, all);
        } else {
            sim_problems_add(chunk->problems, chunk->path, 0,
                             "there is no param '%s': the scenario has none", name);
        }
    }
}

/* Upvalue-free: reads, scans, compiles and runs the file; its one result is the include's. */
static int input_include(lua_State *lua)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    const char *name = luaL_checkstring(lua, 1);
    if (chunk->file_count == SIM_CHUNK_FILES_MAX || chunk->include_depth == INCLUDE_DEPTH_MAX) {
        return luaL_error(
            lua, "include \"%s\": more than %d files, or a file that includes itself", name,
            chunk->include_depth == INCLUDE_DEPTH_MAX ? INCLUDE_DEPTH_MAX : SIM_CHUNK_FILES_MAX);
    }
    g_autofree char *folder = g_path_get_dirname(chunk->path);
    struct sim_file file = {0};
    const char *trouble = sim_file_read(chunk->arena, folder, name, SIM_CHUNK_SOURCE_MAX, &file);
    char *path = strcmp(folder, ".") == 0 && chunk->path[0] != '.'
                     ? sim_arena_strdup(chunk->arena, name)
                     : NULL;
    if (!path) {
        g_autofree char *joined = g_build_filename(folder, name, NULL);
        path = sim_arena_strdup(chunk->arena, joined);
    }
    g_clear_pointer(&folder, g_free); /* nothing may be held when an error is raised */
    if (trouble) {
        return luaL_error(lua, "include \"%s\": %s", name, trouble);
    }
    bool is_clean = true;
    uint32_t index = chunk->file_count;
    chunk->files[index].path = path;
    chunk->files[index].lines =
        sim_lines_scan(chunk->arena, path, file.text, file.size, chunk->problems, &is_clean);
    chunk->file_count++;
    if (!is_clean) {
        sim_values_push_bad(lua);
        return 1;
    }
    sim_sandbox_compile(lua, index, file.text, file.size);
    chunk->include_depth++;
    lua_call(lua, 0, 1);
    chunk->include_depth--;
    if (lua_isnil(lua, -1)) {
        sim_sandbox_complain(lua, "include \"%s\": it returns nothing: end it with return ...",
                             name);
        lua_pop(lua, 1);
        sim_values_push_bad(lua);
    }
    return 1;
}

/* The library's table is on top of the stack. */
void sim_inputs_open(lua_State *lua)
{
    lua_pushcfunction(lua, input_param);
    lua_setfield(lua, -2, "param");
    lua_pushcfunction(lua, input_include);
    lua_setfield(lua, -2, "include");
}
