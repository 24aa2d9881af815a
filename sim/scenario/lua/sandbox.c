/* Sandbox: the state that chunks run in, its limits, and how its errors read.
 *
 * A count of instructions alone bounds nothing: one instruction may compare or copy a long text, a
 * C function may loop. So texts are short, allocations are counted over the whole life, C functions
 * charge for their loops, and instructions weigh more once there are longer texts. There is no
 * pcall in the environment, hence nothing that could swallow the end.
 */
#include "scenario/lua/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HOOK_PERIOD 1000
/* An instruction that handles a text of this many bytes costs about what two others cost. */
#define TEXT_BYTES_A_UNIT 32
/* A complaint is written out and compared with all those before it. */
#define COMPLAINT_WORK 1000

/* The innermost place in the user's text from `level` on. Allocates nothing. */
static void find_place(struct sim_chunk *chunk, int level, const char **ret_file, int *ret_line)
{
    lua_Debug frame;
    *ret_file = chunk->path;
    *ret_line = 0;
    for (; lua_getstack(chunk->lua, level, &frame); level++) {
        lua_getinfo(chunk->lua, "Sl", &frame);
        if (frame.currentline > 0 && frame.source[0] == '=' && frame.source[1] == '#') {
            guint64 file = g_ascii_strtoull(frame.source + 2, NULL, 10);
            if (file < chunk->file_count) {
                *ret_file = chunk->files[file].path;
                *ret_line = frame.currentline;
            }
            return;
        }
    }
}

void sim_sandbox_where(lua_State *lua, const char **ret_file, int *ret_line)
{
    find_place(sim_chunk_of(lua), 1, ret_file, ret_line);
}

/* An allocation is refused: Lua's own message for it has no line. */
static void *refuse(struct sim_chunk *chunk, const char *stopped)
{
    chunk->stopped = stopped ? stopped : chunk->stopped;
    if (chunk->lua) {
        find_place(chunk, 0, &chunk->refused_file, &chunk->refused_line);
    }
    return NULL;
}

static void *allocate(void *data, void *block, size_t old_size, size_t new_size)
{
    struct sim_chunk *chunk = data;
    size_t held = block ? old_size : 0; /* without a block, old_size says what it will be */
    if (new_size == 0) {
        free(block);
        chunk->memory_used -= held;
        return NULL;
    }
    if (new_size > held && !chunk->is_over) {
        bool is_text = !block && old_size == LUA_TSTRING;
        if (is_text && new_size > chunk->text_max) {
            chunk->text_max = new_size;
        }
        chunk->churn += new_size;
        if (is_text && new_size > SIM_CHUNK_TEXT_MAX + 64) {
            return refuse(chunk, "a text is longer than 16384 bytes");
        }
        if (chunk->memory_used - held + new_size > SIM_CHUNK_MEMORY_MAX) {
            return refuse(chunk, NULL); /* Lua collects garbage and asks once more */
        }
        if (chunk->churn > SIM_CHUNK_CHURN_MAX) {
            return refuse(chunk, "the scenario builds more tables and texts than it may");
        }
    }
    void *fresh = realloc(block, new_size);
    if (fresh) {
        chunk->memory_used = chunk->memory_used - held + new_size;
    }
    return fresh;
}

void sim_sandbox_charge(lua_State *lua, uint64_t work)
{
    struct sim_chunk *chunk = sim_chunk_of(lua);
    if (chunk->is_over) {
        return;
    }
    chunk->work += work;
    if (chunk->work > SIM_CHUNK_WORK_MAX) {
        chunk->stopped = "the scenario runs for too long: is there an endless loop?";
    } else if (chunk->arena->used_bytes > SIM_CHUNK_ARENA_MAX) {
        chunk->stopped = "the scenario makes more values than it may";
    }
    if (chunk->stopped) {
        luaL_error(lua, "%s", chunk->stopped);
    }
}

static void count_instructions(lua_State *lua, lua_Debug *event)
{
    (void)event;
    sim_sandbox_charge(lua, HOOK_PERIOD * (1 + sim_chunk_of(lua)->text_max / TEXT_BYTES_A_UNIT));
}

lua_State *sim_sandbox_open(struct sim_chunk *chunk)
{
    lua_State *lua = lua_newstate(allocate, chunk);
    g_assert(lua != NULL);
    *(struct sim_chunk **)lua_getextraspace(lua) = chunk;
    return lua;
}

/* Chunk names are "=#N", so that "#N:LINE: " before a message says which file it is about. */
static bool parse_place(const struct sim_chunk *chunk, const char **message, const char **ret_file,
                        int *ret_line)
{
    const char *at = *message;
    char *end = NULL;
    if (*at != '#' || !g_ascii_isdigit(at[1])) {
        return false;
    }
    guint64 file = g_ascii_strtoull(at + 1, &end, 10);
    if (*end != ':' || !g_ascii_isdigit(end[1]) || file >= chunk->file_count) {
        return false;
    }
    guint64 line = g_ascii_strtoull(end + 1, &end, 10);
    if (*end != ':') {
        return false;
    }
    *ret_file = chunk->files[file].path;
    *ret_line = (int)MIN(line, 1000000000);
    *message = end + 1;
    while (**message == ' ') {
        (*message)++;
    }
    return true;
}

/* What most likely lies behind a mistake that only Lua's grammar has noticed; "" when unclear. */
static char *guess(const char *message)
{
    const char *near = strstr(message, "near '");
    g_autofree char *token =
        near ? g_strndup(near + strlen("near '"), strcspn(near + strlen("near '"), "'")) : NULL;
    double value;
    enum sim_unit unit;
    if (!token) {
        return g_strdup("");
    }
    if (g_str_has_prefix(message, "'}' expected") && (g_ascii_isalpha(token[0]))) {
        return g_strdup(": is a comma missing before it, or quotes around it?");
    }
    if (g_str_has_prefix(message, "<name> expected") && token[0] == '"') {
        return g_strdup(": a field is written with =, as in model = \"service\"");
    }
    if (g_str_has_prefix(message, "unexpected symbol") && (token[0] == '/' || token[0] == '#')) {
        return g_strdup(": a comment begins with --");
    }
    if (g_str_has_prefix(message, "malformed number") && sim_text_parse(token, &value, &unit)) {
        return g_strdup_printf(": with its unit it is a text, \"%s\"", token);
    }
    return g_strdup("");
}

/* Lua's words for our values, in ours. */
static char *reworded(const char *message)
{
    static const char *const words[][2] = {
        {"attempt to perform arithmetic on", "cannot calculate with"},
        {"attempt to compare two", "cannot compare two"},
        {"attempt to compare", "cannot compare"},
        {"attempt to concatenate", "cannot join"},
        {"attempt to call", "cannot call"},
        {"attempt to index", "cannot look into"},
        {"attempt to get length of", "has no length:"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(message, words[i][0])) {
            return g_strconcat(words[i][1], message + strlen(words[i][0]), NULL);
        }
    }
    g_autofree char *behind = guess(message);
    return g_strconcat(message, behind, NULL);
}

static void report(struct sim_chunk *chunk, const char *message)
{
    const char *file = chunk->path;
    int line = 0;
    bool has_place = parse_place(chunk, &message, &file, &line);
    if (!has_place && chunk->refused_line > 0) {
        file = chunk->refused_file;
        line = chunk->refused_line;
    }
    if (chunk->stopped) { /* whatever the message was, this is why */
        sim_problems_add(chunk->problems, file, line, "%s", chunk->stopped);
        return;
    }
    g_autofree char *text = reworded(message);
    sim_problems_add(chunk->problems, file, line, "%s", text);
}

/* Gives errors that carry no place (memory, stack) the line on which the chunk stood. */
static int handle_error(lua_State *lua)
{
    const char *message = lua_type(lua, 1) == LUA_TSTRING ? lua_tostring(lua, 1) : "error";
    if (message[0] == '#') {
        return 1;
    }
    lua_Debug frame;
    for (int level = 0; lua_getstack(lua, level, &frame); level++) {
        lua_getinfo(lua, "Sl", &frame);
        if (frame.currentline > 0) {
            lua_pushfstring(lua, "%s:%d: %s", frame.short_src, frame.currentline, message);
            return 1;
        }
    }
    return 1;
}

bool sim_sandbox_protect(struct sim_chunk *chunk, lua_CFunction function, void *data)
{
    lua_State *lua = chunk->lua;
    lua_sethook(lua, count_instructions, LUA_MASKCOUNT, HOOK_PERIOD);
    lua_pushcfunction(lua, handle_error);
    lua_pushcfunction(lua, function);
    lua_pushlightuserdata(lua, data);
    int status = lua_pcall(lua, 1, 0, -3);
    if (status == LUA_ERRMEM && !chunk->stopped) {
        chunk->stopped = "the scenario needs more than 48 MiB of memory";
    }
    if (status != LUA_OK) {
        report(chunk, lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "error");
    }
    lua_settop(lua, 0);
    return status == LUA_OK;
}

struct source {
    const char *text;
    size_t size;
};

static const char *read_source(lua_State *lua, void *data, size_t *ret_size)
{
    (void)lua;
    struct source *source = data;
    *ret_size = source->size;
    source->size = 0;
    return *ret_size > 0 ? source->text : NULL;
}

void sim_sandbox_compile(lua_State *lua, uint32_t file, const char *text, size_t size)
{
    if (size > 0 && text[0] == LUA_SIGNATURE[0]) {
        luaL_error(lua, "#%d:1: this is byte code, not a scenario", (int)file);
    }
    if (size > 0 && text[0] == '#') { /* a "#!" line, as the stand-alone interpreter has it */
        const char *newline = memchr(text, '\n', size);
        size -= (size_t)((newline ? newline : text + size) - text);
        text = newline ? newline : text + size;
    }
    char name[32];
    g_snprintf(name, sizeof(name), "=#%u", file);
    struct source source = {text, size};
    sim_sandbox_charge(lua, size);
    if (lua_load(lua, read_source, &source, name, "t") != LUA_OK) {
        lua_error(lua);
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, SIM_ENVIRONMENT);
    lua_setupvalue(lua, -2, 1);
}

void sim_sandbox_complain(lua_State *lua, const char *format, ...)
{
    sim_sandbox_charge(lua, COMPLAINT_WORK); /* before there is a text to free: it may not return */
    const char *file = NULL;
    int line = 0;
    sim_sandbox_where(lua, &file, &line);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    sim_problems_add(sim_chunk_of(lua)->problems, file, line, "%s", text);
}
