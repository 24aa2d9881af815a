/* Chunks: the life of one Lua state, from the text of the scenario to the tree of its result. */
#include "scenario/lua/internal.h"

#include <string.h>

struct run {
    const char *text;
    size_t size;
};

static int open_library(lua_State *lua)
{
    sim_library_open(lua);
    return 0;
}

struct sim_chunk *sim_chunk_new(struct sim_arena *arena, struct sim_problems *problems,
                                const char *path, const struct sim_chunk_words *words,
                                const struct sim_setting *settings, uint32_t setting_count)
{
    struct sim_chunk *chunk = g_new0(struct sim_chunk, 1);
    chunk->arena = arena;
    chunk->problems = problems;
    chunk->path = sim_arena_strdup(arena, path);
    chunk->words = words;
    chunk->settings = settings;
    chunk->setting_count = setting_count;
    chunk->constants = g_hash_table_new(NULL, NULL);
    chunk->params = g_array_new(FALSE, TRUE, sizeof(struct sim_chunk_param));
    chunk->files[0].path = chunk->path;
    chunk->file_count = 1;
    chunk->lua = sim_sandbox_open(chunk);
    sim_sandbox_protect(chunk, open_library, NULL);
    return chunk;
}

void sim_chunk_free(struct sim_chunk *chunk)
{
    lua_close(chunk->lua);
    g_hash_table_unref(chunk->constants);
    g_array_unref(chunk->params);
    g_free(chunk);
}

uint64_t sim_chunk_work(const struct sim_chunk *chunk)
{
    return chunk->work;
}

static int run_text(lua_State *lua)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    const struct run *run = lua_touserdata(lua, 1);
    sim_sandbox_compile(lua, 0, run->text, run->size);
    lua_call(lua, 0, 1);
    const struct sim_value *result = sim_values_get(lua, -1);
    if (!result || (!sim_value_is_call(result, "scenario") && result->kind != SIM_VALUE_BAD)) {
        return luaL_error(lua, "a scenario file ends with: return scenario { ... }");
    }
    chunk->result = result;
    return 0;
}

const struct sim_value *sim_chunk_run(struct sim_chunk *chunk, const char *text, size_t size)
{
    if (size > SIM_CHUNK_SOURCE_MAX) {
        sim_problems_add(chunk->problems, chunk->path, 0, "the file is larger than %zu KiB",
                         SIM_CHUNK_SOURCE_MAX / 1024);
        return NULL;
    }
    if (size > 0 && text[0] == LUA_SIGNATURE[0]) {
        sim_problems_add(chunk->problems, chunk->path, 0, "this is byte code, not a scenario");
        return NULL;
    }
    bool is_clean = true;
    struct run run = {text, size};
    chunk->files[0].lines =
        sim_lines_scan(chunk->arena, chunk->path, text, size, chunk->problems, &is_clean);
    if (!is_clean) {
        return NULL;
    }
    bool is_done = sim_sandbox_protect(chunk, run_text, &run);
    chunk->is_over = true;
    chunk->stopped = NULL;
    if (!is_done) {
        return NULL;
    }
    sim_inputs_check(chunk);
    return chunk->result->kind == SIM_VALUE_CALL ? chunk->result : NULL;
}

const char *sim_chunk_head(struct sim_chunk *chunk, const char *text, size_t size)
{
    return sim_lines_head(chunk->arena, text, MIN(size, SIM_CHUNK_SOURCE_MAX));
}

static int run_constant(lua_State *lua)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    g_autofree char *expression = g_strconcat("return ", lua_touserdata(lua, 1), NULL);
    int status = luaL_loadbufferx(lua, expression, strlen(expression), "=default", "t");
    g_assert(status == LUA_OK);
    lua_getfield(lua, LUA_REGISTRYINDEX, SIM_ENVIRONMENT);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    chunk->result = sim_values_convert(lua, -1, chunk->path, 0, SIM_LINES_NONE);
    return 0;
}

const struct sim_value *sim_chunk_constant(struct sim_chunk *chunk, const char *text)
{
    const struct sim_value *known = g_hash_table_lookup(chunk->constants, text);
    if (known) {
        return known;
    }
    bool is_done = sim_sandbox_protect(chunk, run_constant, (void *)(uintptr_t)text);
    if (!is_done) { /* a default in one of our tables is wrong: say which */
        sim_problems_print(chunk->problems, stderr);
        g_error("wrong default in a table: %s", text);
    }
    g_hash_table_insert(chunk->constants, (void *)(uintptr_t)text,
                        (void *)(uintptr_t)chunk->result);
    return chunk->result;
}

const struct sim_input_param *sim_chunk_params(struct sim_chunk *chunk, uint32_t *ret_count)
{
    struct sim_input_param *params =
        sim_arena_array(chunk->arena, struct sim_input_param, chunk->params->len);
    for (guint i = 0; i < chunk->params->len; i++) {
        params[i] = g_array_index(chunk->params, struct sim_chunk_param, i).shown;
    }
    *ret_count = chunk->params->len;
    return params;
}

const struct sim_value *sim_chunk_param_default(struct sim_chunk *chunk, const char *name)
{
    for (guint i = 0; i < chunk->params->len; i++) {
        const struct sim_chunk_param *param =
            &g_array_index(chunk->params, struct sim_chunk_param, i);
        if (strcmp(param->shown.name, name) == 0) {
            return param->fallback;
        }
    }
    return NULL;
}
