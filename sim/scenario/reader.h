/* Readers: from values (what the file says) to C structs (what the world needs), by descriptor.
 *
 * Every reader checks one value against what is due, reports what does not fit with the line of the
 * field, and gives back the value's canonical text, of which the resolved scenario is printed.
 * Reading that text gives the same value again.
 */
#ifndef BRINK_SCENARIO_READER_H
#define BRINK_SCENARIO_READER_H

#include <glib.h>

#include "scenario/chunk.h"
#include "world/spec.h"

/* A name that targets may use: a group of nodes, a machine or a zone. */
enum sim_place_kind { SIM_PLACE_GROUP, SIM_PLACE_MACHINE, SIM_PLACE_ZONE };

struct sim_place {
    enum sim_place_kind kind;
    const char *name;
    uint32_t index;                /* group; first machine; zone */
    uint32_t count;                /* members that can ever be; machines of that name */
    sim_node_id first_id;          /* group */
    const struct sim_model *model; /* group; NULL where it is not known */
    bool is_elsewhere;             /* only some variant that is not applied has it */
};

struct sim_reader {
    struct sim_arena *arena;
    struct sim_problems *problems;
    struct sim_chunk *chunk;
    const char *path;
    const char *data_folder;
    GArray *places;               /* struct sim_place, in order of creation */
    GHashTable *by_name;          /* name -> index + 1 into places; looked up, never walked */
    struct sim_world_spec *world; /* for machines and zones as targets; NULL until it stands */
    uint64_t target_ids;          /* in all targets so far */
    bool misses_block;            /* one came to nothing: names that are not there may be its */
    bool misses_variant;          /* something refers to what only a variant provides */
};

/* --- fields.c: whole blocks --- */

/* A block on its way: its value, and what messages call it. */
struct sim_block {
    const struct sim_value *value;
    const char *who;   /* "node \"edge\"" */
    const char *model; /* whose fields they are: "cache", or NULL for the block's own */
    GString *print;    /* where canonical fields go, or NULL */
};

/* Reads all of `params` into `out`. The first `positional` may be given as items. False when
 * something was wrong, which has been reported; the rest of `out` is then still filled. */
bool sim_block_read(struct sim_reader *reader, const struct sim_block *block,
                    const struct sim_param *params, int positional, void *out);
/* Complains about fields that none of the tables (NULL at the end) has, and about items beyond
 * `positional`. */
bool sim_block_check_names(struct sim_reader *reader, const struct sim_block *block,
                           const struct sim_param *const *tables, int positional);
/* Reads one value as `param` demands. `where` begins messages: "node \"edge\": hit". NULL when it
 * does not fit, else its canonical text. */
const char *sim_param_read(struct sim_reader *reader, const char *where,
                           const struct sim_param *param, const struct sim_value *value, void *out);

/* "name = text,\n": one field a line. */
void sim_print_field(GString *print, const char *name, const char *text);
/* Such lines as "name = text, name = text". */
const char *sim_print_inline(struct sim_reader *reader, const GString *fields);
/* "  head {\n", the lines indented, "  },\n\n" onto `print`. */
void sim_print_block(GString *print, const char *head, const GString *fields);

/* A problem at the place of `value`. */
void sim_reader_complain(struct sim_reader *reader, const struct sim_value *value,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "who: name", where a problem with that field is; made for each, so without a format. */
const char *sim_reader_where(struct sim_reader *reader, const char *who, const char *name);
/* Formats into the arena. */
const char *sim_reader_text(struct sim_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* " (did you mean 'x'?)" or "". `words` ends with NULL. */
const char *sim_reader_suggest(struct sim_reader *reader, const char *word,
                               const char *const *words);

/* --- measures.c: numbers with units --- */

/* The value in base units when it has that dimension: a number where both are 0. Texts such as
 * "5ms" are read. A noun may stand in numbers and rates. */
bool sim_measure_read(const struct sim_value *value, int32_t second, int32_t byte,
                      double *ret_measure);
const char *sim_measure_lua(struct sim_reader *reader, double measure, int32_t second,
                            int32_t byte);
/* A duration above 0 that the clock cannot tell from 0: complains, and gives false. */
bool sim_measure_check_time(struct sim_reader *reader, const char *where,
                            const struct sim_value *value, double seconds);
/* Durations as the engine keeps them, in steps that print and read back exactly. */
sim_time sim_measure_time(double seconds);
/* Scalar parameters: boolean, numbers, durations, rates, sizes, texts, choices. */
const char *sim_scalar_read(struct sim_reader *reader, const char *where,
                            const struct sim_param *param, const struct sim_value *value,
                            void *field);
/* Whether min <= measure <= max; complains in the unit of the parameter. */
bool sim_measure_check(struct sim_reader *reader, const char *where, const struct sim_param *param,
                       const struct sim_value *value, double measure);

/* --- laws.c --- */

/* A distribution of seconds, bytes or (both 0) numbers. A bare quantity is a constant. */
const struct sim_dist *sim_law_read(struct sim_reader *reader, const char *where,
                                    const struct sim_value *value, int32_t second, int32_t byte,
                                    const char **ret_text);

/* One kind of law, for annotations. NULL name at the end. */
struct sim_law_kind {
    const char *name;
    const char *const *arguments; /* their names, NULL at the end */
    int positional;               /* how many of them may be given without a name */
    bool takes_percentiles;       /* p50, p99.9, ... too */
    const char *example;
    const char *help;
};
extern const struct sim_law_kind sim_law_kinds[];

/* "p99", "p99.9", "p99_9" or "p999" as a probability; "p0" and "p100" are 0 and 1. */
bool sim_percentile_parse(const char *text, double *ret_probability);

/* --- shapes.c: mixes, laws by operation, shapes of a family --- */
const char *sim_shape_read(struct sim_reader *reader, const char *where,
                           const struct sim_param *param, const struct sim_value *value,
                           void *field);

/* --- trace.c --- */
const char *sim_trace_read(struct sim_reader *reader, const char *where,
                           const struct sim_value *value, const struct sim_trace **ret_trace);
extern const struct sim_param sim_trace_params[];
/* Numbers of one column of a CSV file, for from_file. */
bool sim_column_read(struct sim_reader *reader, const char *where, const struct sim_value *value,
                     const char *file, const char *column, GArray *ret_numbers, uint64_t *ret_hash);

/* --- targets.c --- */
/* What is wrong with a name of a node or machine, or NULL. */
const char *sim_name_trouble(const char *name);
void sim_places_add(struct sim_reader *reader, const struct sim_place *place);
const struct sim_place *sim_places_find(const struct sim_reader *reader, const char *name);
/* Resolves a text or a list of texts. `takes_places`: machines and zones stand for the nodes that
 * are on them (faults); otherwise only nodes may be named. */
bool sim_target_read(struct sim_reader *reader, const char *where, const struct sim_value *value,
                     bool takes_places, struct sim_target *ret_target, const char **ret_text);
/* Whether all of it are of the models that the parameter takes; complains otherwise. */
bool sim_target_check_models(struct sim_reader *reader, const char *where,
                             const struct sim_param *param, const struct sim_value *value,
                             const struct sim_target *target);
/* "name" or "name[3]" of a group; member SIM_NONE for all. False after a complaint, or when only
 * another variant has it (reader->misses_variant is then set). */
bool sim_member_read(struct sim_reader *reader, const struct sim_value *at, const char *where,
                     const char *text, uint32_t *ret_group, uint32_t *ret_member);

#endif
