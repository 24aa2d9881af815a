/* Lines: where in the source every field of every table constructor stands.
 *
 * A running chunk knows the line of a call, but a table that it built knows nothing of its lines.
 * So the source is read once more, as tokens: each `{` with the call that it belongs to, each field
 * in it with its line. The same pass refuses what the sandbox cannot bound or make portable.
 */
#ifndef BRINK_SCENARIO_LUA_LINES_H
#define BRINK_SCENARIO_LUA_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "scenario/problem.h"

#define SIM_LINES_NONE UINT32_MAX

struct sim_lines;

/* Scans `text`. Constructs that scenarios may not use are added to `problems` (`is_clean` false).
 */
const struct sim_lines *sim_lines_scan(struct sim_arena *arena, const char *file, const char *text,
                                       size_t size, struct sim_problems *problems,
                                       bool *ret_is_clean);

/* The constructor of `callee name {` whose call begins on `line`; `name` NULL for a plain call.
 * Among several on the line prefers the one that has a field called `hint` (may be NULL). */
uint32_t sim_lines_call(const struct sim_lines *lines, int line, const char *callee,
                        const char *name, const char *hint);

struct sim_lines_entry {
    int line;
    uint32_t order; /* position in the file, for sorting */
    uint32_t table; /* the constructor that is its value, or SIM_LINES_NONE */
};

/* The field of a constructor; false when it has none such. */
bool sim_lines_field(const struct sim_lines *lines, uint32_t table, const char *name,
                     struct sim_lines_entry *ret_entry);
/* Where a walk through the items of a constructor begins. */
uint32_t sim_lines_first(const struct sim_lines *lines, uint32_t table);
/* The item with that index (from 0), on from `*at`: indices rise. False when there is none such. */
bool sim_lines_item(const struct sim_lines *lines, uint32_t *at, uint32_t index,
                    struct sim_lines_entry *ret_entry);

/* The comment at the head of the file without its dashes, or "". */
const char *sim_lines_head(struct sim_arena *arena, const char *text, size_t size);

#endif
