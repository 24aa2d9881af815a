/* Chunks: runs a scenario's text in a closed environment and gives the tree of what it returns.
 *
 * Behind this header is Lua, and nowhere else. A chunk sees no files, no clock, no entropy and no
 * addresses; it is stopped by limits on instructions, memory and length of texts, all of them
 * counted and none of them timed, so that one input always ends the same way.
 */
#ifndef BRINK_SCENARIO_CHUNK_H
#define BRINK_SCENARIO_CHUNK_H

#include "scenario/problem.h"
#include "scenario/scenario.h"
#include "scenario/value.h"

#define SIM_CHUNK_SOURCE_MAX ((size_t)256 * 1024) /* bytes of one file */

/* A field and a constructor that has it: "backoff" of "retry". */
struct sim_field_word {
    const char *name, *owner;
};

/* The words that make values: `calls` as word { ... } or word(...), `named` as word "name" { ... }.
 * Both end with NULL and outlive the chunk. */
struct sim_chunk_words {
    const char *const *calls;
    const char *const *named;
    /* Fields, whose names make nothing by themselves, each with a word that takes it; `name` is
     * NULL at the end. */
    const struct sim_field_word *fields;
};

struct sim_chunk;

/* `path` names the file in messages; include reads below its folder. `arena` receives all values.
 */
struct sim_chunk *sim_chunk_new(struct sim_arena *arena, struct sim_problems *problems,
                                const char *path, const struct sim_chunk_words *words,
                                const struct sim_setting *settings, uint32_t setting_count);
void sim_chunk_free(struct sim_chunk *chunk);
/* What has been charged to it: about one for each instruction of Lua. */
uint64_t sim_chunk_work(const struct sim_chunk *chunk);

/* Runs the chunk; NULL when it did not end well, which is then among the problems. */
const struct sim_value *sim_chunk_run(struct sim_chunk *chunk, const char *text, size_t size);

/* The comment at the head of a text without its dashes, or "". */
const char *sim_chunk_head(struct sim_chunk *chunk, const char *text, size_t size);

/* Evaluates one expression of our own tables ("ms(5)"), which must be right; the value stands on
 * `line` of `file`. Results are remembered by the address of `text`. */
const struct sim_value *sim_chunk_constant(struct sim_chunk *chunk, const char *text);

/* What the chunk asked for with param(), in that order. Settings that it did not ask for have been
 * reported. The array lives in the arena. */
const struct sim_input_param *sim_chunk_params(struct sim_chunk *chunk, uint32_t *ret_count);
/* The default of a param, as a value; NULL when there is none of that name. */
const struct sim_value *sim_chunk_param_default(struct sim_chunk *chunk, const char *name);

#endif
