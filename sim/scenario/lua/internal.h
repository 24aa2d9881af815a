/* What the files of this folder share. No other folder may include it: it shows lua.h. */
#ifndef BRINK_SCENARIO_LUA_INTERNAL_H
#define BRINK_SCENARIO_LUA_INTERNAL_H

#include <glib.h>
#include <lauxlib.h>
#include <lua.h>

#include "scenario/chunk.h"
#include "scenario/lua/lines.h"

/* Budgets of one chunk. Work is counted in VM instructions; C functions charge what they loop, and
 * every instruction weighs more while long texts exist, since one instruction may compare two. */
#define SIM_CHUNK_WORK_MAX UINT64_C(5000000)
#define SIM_CHUNK_MEMORY_MAX ((size_t)48 << 20)   /* held at once */
#define SIM_CHUNK_CHURN_MAX ((uint64_t)128 << 20) /* ever allocated */
#define SIM_CHUNK_ARENA_MAX ((size_t)256 << 20)   /* values made */
#define SIM_CHUNK_TEXT_MAX 16384                  /* bytes of one text */
#define SIM_CHUNK_NAME_MAX 100 /* bytes of a name: it heads a section of every summary */
#define SIM_CHUNK_FILES_MAX 100

struct sim_chunk_file {
    const char *path;
    const struct sim_lines *lines;
};

/* A param as the chunk asked for it. */
struct sim_chunk_param {
    struct sim_input_param shown;
    const struct sim_value *fallback;
    int reference; /* its value in the registry */
};

struct sim_chunk {
    lua_State *lua;
    struct sim_arena *arena;
    struct sim_problems *problems;
    const char *path;
    const struct sim_chunk_words *words;
    const struct sim_setting *settings;
    uint32_t setting_count;

    size_t memory_used;
    uint64_t churn;
    uint64_t work;
    size_t text_max;          /* longest text so far */
    const char *refused_file; /* where the last refused allocation was asked for */
    int refused_line;
    const char *stopped; /* why the chunk must end: sticky; NULL = it may go on */
    bool is_over;        /* the user's text has run: what follows is ours, and has no limits */

    struct sim_chunk_file files[SIM_CHUNK_FILES_MAX];
    uint32_t file_count;
    uint32_t include_depth;
    GHashTable *constants; /* text, by its address -> value; looked up, never walked */
    GArray *params;        /* struct sim_chunk_param */
    const struct sim_value *result;
};

static inline struct sim_chunk *sim_chunk_of(lua_State *lua)
{
    return *(struct sim_chunk **)lua_getextraspace(lua);
}

/* sandbox.c */
lua_State *sim_sandbox_open(struct sim_chunk *chunk);
/* Adds to the work done; does not return when the budget is spent. */
void sim_sandbox_charge(lua_State *lua, uint64_t work);
/* Compiles text (never byte code) of file number `file`; leaves the function, or raises. */
void sim_sandbox_compile(lua_State *lua, uint32_t file, const char *text, size_t size);
/* Runs `function` with `data` and reports whatever it raises. */
bool sim_sandbox_protect(struct sim_chunk *chunk, lua_CFunction function, void *data);
/* File and line of the Lua code that called the running C function. */
void sim_sandbox_where(lua_State *lua, const char **ret_file, int *ret_line);
/* Adds a problem at that place. */
void sim_sandbox_complain(lua_State *lua, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* library.c: the environment of every chunk; it stands in the registry under SIM_ENVIRONMENT. */
#define SIM_ENVIRONMENT "brink.environment"
#define SIM_BUILTINS "brink.builtins"
void sim_library_open(lua_State *lua);
/* Pops a table and pushes one that reads like it and cannot be written. `what` names it. */
void sim_library_protect(lua_State *lua, const char *what);
/* table.c, string.c: leave their library on the stack. */
void sim_library_push_table(lua_State *lua);
void sim_library_push_string(lua_State *lua);
void sim_library_push_math(lua_State *lua);
int sim_library_pairs(lua_State *lua);

/* quantities.c */
void sim_quantities_open(lua_State *lua);
/* Pushes a plain number where the quantity has no unit. */
void sim_quantities_push(lua_State *lua, const struct sim_quantity *quantity);
/* The quantity or the number at `index`; false when it is neither. */
bool sim_quantities_get(lua_State *lua, int index, struct sim_quantity *ret_quantity);

/* values.c: opaque values, and the way from Lua's to ours. */
void sim_values_open(lua_State *lua);
void sim_values_push(lua_State *lua, const struct sim_value *value);
void sim_values_push_bad(lua_State *lua);
/* The opaque value at `index`, or NULL. */
const struct sim_value *sim_values_get(lua_State *lua, int index);
/* Any value as a tree; `file`, `line` and `table` say where it stands in the source. */
const struct sim_value *sim_values_convert(lua_State *lua, int index, const char *file, int line,
                                           uint32_t table);
const struct sim_lines *sim_values_lines(const struct sim_chunk *chunk, const char *file);

/* constructors.c */
/* `node "x"` without its fields at `index`, for messages; NULL when it is none. */
const char *sim_constructors_pending(lua_State *lua, int index);
void sim_constructors_open(lua_State *lua);
/* Begins `kind "name"`, which waits for its { fields }: pushes it. */
int sim_constructors_named(lua_State *lua, const char *kind, int name_index);
/* kind(...) or kind { ... } with its arguments from `first` on: pushes the value. */
int sim_constructors_plain(lua_State *lua, const char *kind, int first);

/* inputs.c: param and include. */
void sim_inputs_open(lua_State *lua);
/* Settings that nobody asked for, as problems. */
void sim_inputs_check(struct sim_chunk *chunk);

#endif
