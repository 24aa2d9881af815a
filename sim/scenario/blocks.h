/* Blocks: what a scenario is made of, as tables of fields.
 *
 * The same tables drive reading, printing, "did you mean" and editor annotations. Fields that need
 * more than a table (a list of zones, sides of a partition) stand in `extra` with the type that
 * annotations show, and are read by hand.
 */
#ifndef BRINK_SCENARIO_BLOCKS_H
#define BRINK_SCENARIO_BLOCKS_H

#include "world/spec.h"

struct sim_block_kind {
    const char *word;               /* NULL ends the table */
    bool is_named;                  /* word "name" { ... } */
    const struct sim_param *params; /* name == NULL at the end */
    const struct sim_param *extra;  /* likewise */
    const char *items; /* what stands without a name, for annotations; NULL = nothing */
    const char *help;
};

extern const struct sim_block_kind sim_block_kinds[];

struct sim_scenario_fields {
    const char *name;
    sim_time duration, warmup, drain, cell;
    int64_t runs, seed;
    double precision;
    int64_t events_max, pending_max, open_requests_max, memory_max;
};

struct sim_place_fields { /* of machines, and of nodes that have their own */
    int64_t cores;
    double bandwidth;
    sim_time clock_offset;
    double clock_drift;
    struct sim_shape disk;
};

struct sim_node_fields {
    const char *model;
    int64_t count, count_max;
    const char *on;
    struct sim_shape transport;
    bool per_member;
};

struct sim_machine_fields {
    int64_t count;
};

struct sim_network_fields {
    int32_t preset; /* index + 1 into sim_network_preset_names; 0 = none */
    const char *source;
};

struct sim_expect_fields {
    sim_time from, to;
    const char *variant;
};

struct sim_plot_fields {
    const char *against, *per, *title;
};

struct sim_swarm_fields {
    sim_time from, to;
    double faults;                /* mean number in a run */
    const struct sim_dist *lasts; /* how long each lasts */
};

extern const struct sim_param sim_scenario_params[], sim_place_params[], sim_node_params[],
    sim_node_extra[], sim_machine_params[], sim_machine_extra[], sim_network_params[],
    sim_network_extra[], sim_link_params[], sim_link_extra[], sim_expect_params[],
    sim_figure_params[], sim_plot_params[], sim_swarm_params[], sim_swarm_extra[],
    sim_fault_params[], sim_estimate_extra[], sim_no_params[];

/* A kind of fault: fields of struct sim_fault_spec beside those that all faults have. */
struct sim_fault_word {
    const char *word; /* NULL ends the table */
    enum sim_fault_kind kind;
    const struct sim_param *params;
};
extern const struct sim_fault_word sim_fault_words[];

/* What scale { ... } has beside them: `count` depends on the group, whose name is read first. */
struct sim_scale_fields {
    int64_t count;
    sim_time boot, notice;
};
/* The row of that word, or NULL. */
const struct sim_fault_word *sim_fault_word_find(const char *word);

extern const struct sim_family sim_disk_family;      /* disk { ... }: struct sim_disk_spec */
extern const struct sim_family sim_transport_family; /* connection { ... }, datagram() */

#endif
