/* The scenario: a plain, resolved, validated description, with no Lua in it.
 *
 * A file describes a family of scenarios: its params can be set, it may name variants and sweeps.
 * sim_scenario_load runs the chunk once for one setting and gives one struct sim_scenario. Whoever
 * wants all variants and all points of a sweep loads once without a setting, reads `variants` and
 * `sweeps`, and loads again for each combination (run/study.h does).
 */
#ifndef BRINK_SCENARIO_SCENARIO_H
#define BRINK_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "check/check.h"
#include "scenario/problem.h"
#include "world/spec.h"

enum sim_aggregate {
    SIM_AGGREGATE_QUANTILE, /* of a sample, at `quantile` */
    SIM_AGGREGATE_MEAN,     /* sample: of values; level: over time; count: per second */
    SIM_AGGREGATE_MAX,
    SIM_AGGREGATE_MIN,
    SIM_AGGREGATE_RATIO, /* of a ledger: part / issued; of a level: level / capacity */
    SIM_AGGREGATE_TOTAL
};

/* "majority.latency p99": a group (or one member), one of its metrics, and how it is reduced. */
struct sim_figure_spec {
    uint32_t group;  /* index into world.groups */
    uint32_t member; /* SIM_NONE = the whole group */
    const char *metric;
    enum sim_aggregate aggregate;
    double quantile;
    struct sim_window window; /* of a plot's figure; from == to: the measured one */
    const char *text;         /* as the user wrote it */
};

enum sim_expectation_kind {
    SIM_EXPECT_FIGURE,   /* figure comparison bound */
    SIM_EXPECT_CLAIM,    /* "history is linearizable": by a checker */
    SIM_EXPECT_CONVERGED /* "replica has converged": members of figure.group hold the same */
};

enum sim_operator {
    SIM_OP_LESS,
    SIM_OP_LESS_EQUAL,
    SIM_OP_GREATER,
    SIM_OP_GREATER_EQUAL,
    SIM_OP_EQUAL
};

struct sim_expectation {
    enum sim_expectation_kind kind;
    struct sim_figure_spec figure;
    enum sim_operator comparison;
    double bound; /* in base units */
    struct sim_check_claim claim;
    bool is_denied;           /* "history is not linearizable", "replica has not converged" */
    struct sim_window window; /* defaults to the measured window */
    const char *variant;      /* NULL = all */
    const char *text;         /* in full, as it is shown */
    int line;
};

struct sim_plot {
    uint32_t figure_count;
    const struct sim_figure_spec *figures; /* metric without aggregate: over time */
    const char *against;                   /* "time", a param's name, or the figure's text */
    const struct sim_figure_spec *across;  /* against a figure: a point for each result; or NULL */
    const char *per;                       /* "variant", a param's name, or NULL */
    const char *title;                     /* or NULL */
};

/* Back-of-the-envelope arithmetic, worked out by the loader, which carries the units. */
struct sim_estimate_line {
    const char *name;
    const char *text; /* printed result with its unit: "3.2 TB", "1.16 /s" */
    double value;     /* in base units */
    const char *unit; /* "bytes", "seconds", "1/s", "posts", ... ; "" for a pure number */
    /* What the simulation says of the same: "web.throughput mean"; metric NULL when not given. */
    struct sim_figure_spec figure;
};

struct sim_setting { /* of a param, as text in the scenario language */
    const char *name;
    const char *value;
};

struct sim_input_param { /* a param(name, default) that the chunk asked for */
    const char *name;
    const char *fallback;
    const char *value;
};

struct sim_sweep_axis {
    const char *name;
    uint32_t count;
    const char *const *values; /* in the scenario language */
};

struct sim_source;

struct sim_scenario {
    struct sim_arena arena;    /* with that of the source, owns everything below */
    struct sim_source *source; /* what it was made of */
    const char *name;
    const char *path;        /* as given on the command line */
    const char *description; /* the comment at the head of the file, or "" */
    uint64_t seed;
    uint32_t runs;
    sim_time warmup;  /* SIM_NEVER: cut by rule */
    sim_time cell;    /* length of a cell of the series; 0 = chosen by the runner */
    double precision; /* relative half-width to run for; 0 = fixed number of runs */
    struct sim_world_spec world;
    uint32_t expectation_count;
    const struct sim_expectation *expectations;
    bool has_claims; /* some expectation is about the history, which is recorded then */
    uint32_t plot_count;
    const struct sim_plot *plots;
    uint32_t estimate_count;
    const struct sim_estimate_line *estimates;
    uint32_t param_count;
    const struct sim_input_param *params;
    uint32_t sweep_count;
    const struct sim_sweep_axis *sweeps;
    uint32_t variant_count;
    const char *const *variants;
    const char *variant; /* the one that is applied, or NULL */
    bool needs_variant;  /* without one it only serves to list them: what refers to nodes that only
                            variants have has been left out */
    const char *print;   /* see sim_scenario_print */
    uint64_t hash;       /* of the print: of all that shapes a run; names the result */
};

struct sim_load_options {
    const struct sim_model *const *models; /* NULL at the end */
    const struct sim_setting *settings;
    uint32_t setting_count;
    const char *variant; /* NULL: none is applied */
    const char
        *data_folder; /* traces and files of values are read below it; NULL = the scenario's */
};

/* NULL when there are problems, which are then in `problems`, sorted by file and line. The models'
 * descriptors must outlive the scenario; all else is copied. */
struct sim_scenario *sim_scenario_load(const char *path, const struct sim_load_options *options,
                                       struct sim_problems *problems);
/* The same from text in memory; `path` names it in messages and its folder bounds `include`. */
struct sim_scenario *sim_scenario_load_text(const char *text, size_t size, const char *path,
                                            const struct sim_load_options *options,
                                            struct sim_problems *problems);
void sim_scenario_free(struct sim_scenario *scenario);

/* A file that was run once with the settings, to make several of its variants (options->variant is
 * not looked at). NULL when it cannot be read; problems of its text are reported here, and no
 * scenario comes of it. */
struct sim_source *sim_source_new(const char *path, const struct sim_load_options *options,
                                  struct sim_problems *problems);
struct sim_source *sim_source_new_text(const char *text, size_t size, const char *path,
                                       const struct sim_load_options *options,
                                       struct sim_problems *problems);
/* The scenario with that variant, or with none. NULL when there are problems. It may outlive the
 * source. */
struct sim_scenario *sim_scenario_of(struct sim_source *source, const char *variant,
                                     struct sim_problems *problems);
/* Bytes of its tree, which its scenarios share, and what running its text cost: see chunk.h. */
size_t sim_source_bytes(const struct sim_source *source);
uint64_t sim_source_work(const struct sim_source *source);
void sim_source_free(struct sim_source *source);

/* The resolved scenario in full, in the scenario language: every field with its value, defaults
 * included; the variant and the setting are applied, so that variants, sweeps, params, and the
 * expectations and plots that belong to other variants or to params, are no longer in it. Loading
 * that text gives the same print, hash and digests. Caller frees (g_free). */
char *sim_scenario_print(const struct sim_scenario *scenario);

/* The group and member that "web" or "web[2]" names; false when there is none. */
bool sim_scenario_find_group(const struct sim_scenario *scenario, const char *name,
                             uint32_t *ret_group, uint32_t *ret_member);

/* Annotations of the scenario language for the Lua language server (a ---@meta file): every block,
 * model, shape, law, unit and planning value with its fields and help. Caller frees (g_free). */
char *sim_scenario_annotations(const struct sim_model *const *models);
/* The language as a page: docs/reference.md. Caller frees. */
char *sim_scenario_reference(const struct sim_model *const *models);

#endif
