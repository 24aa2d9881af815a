/* Resolving: from the tree of a file to the scenario. What the files of this step share. */
#ifndef BRINK_SCENARIO_RESOLVE_H
#define BRINK_SCENARIO_RESOLVE_H

#include "scenario/blocks.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"
#include "scenario/source.h"

struct sim_resolve {
    struct sim_reader reader;
    const struct sim_source *source;
    const char *variant; /* NULL: none is applied */
    struct sim_scenario *scenario;
    const struct sim_value *root; /* the scenario call */
    GPtrArray *blocks;            /* const struct sim_value *, the variant applied, in file order */
    GHashTable *block_index;      /* "node web" -> its first index + 1 in blocks; never walked */
    GString *print;               /* of the blocks so far */
    /* Zones and machines while they are collected. */
    GPtrArray *zones; /* const char * */
    bool has_network;
    bool has_zone_list; /* given by the network: others are mistakes */
    GArray *machines;   /* struct sim_machine_spec */
    GArray *groups;     /* struct sim_group_spec */
};

/* flatten.c: fills blocks from the source, and applies the variant. */
void sim_resolve_blocks(struct sim_resolve *resolve);
/* The block with the fields of the one that it is `like`; itself when it is like none. */
const struct sim_value *sim_resolve_like(struct sim_resolve *resolve,
                                         const struct sim_value *block);

/* resolve_network.c: zones first (nodes name them), laws and print later. */
void sim_resolve_zones(struct sim_resolve *resolve);
void sim_resolve_network(struct sim_resolve *resolve);
/* The zone named by a value, declared by its use where there is no list; 0 after a complaint. */
uint32_t sim_resolve_zone(struct sim_resolve *resolve, const char *where,
                          const struct sim_value *value);

/* resolve_machines.c */
void sim_resolve_machines(struct sim_resolve *resolve);
/* The fields of a place and its zones: `count` machines called `name` (and name[i] where several),
 * appended. Gives the index of the first. */
uint32_t sim_resolve_place(struct sim_resolve *resolve, const struct sim_block *block,
                           const char *name, uint32_t count);

/* resolve_nodes.c: names and ids first, since targets name them, parameters afterwards. */
void sim_resolve_nodes(struct sim_resolve *resolve);
/* The group that a node belongs to. */
uint32_t sim_resolve_group_of(const struct sim_resolve *resolve, sim_node_id id);

/* What concerns several nodes; `values`: of the nodes, as their groups are counted. circles.c:
 * whether requests can go round for ever. sizing.c: whether each group has its size set by one
 * node only. */
void sim_resolve_circles(struct sim_resolve *resolve, const struct sim_value *const *values);
void sim_resolve_sizing(struct sim_resolve *resolve, const struct sim_value *const *values);

/* resolve_faults.c */
void sim_resolve_faults(struct sim_resolve *resolve);

/* expectations.c, outputs.c */
void sim_resolve_expectations(struct sim_resolve *resolve);
void sim_resolve_outputs(struct sim_resolve *resolve);
/* Reads "group.metric" and what follows: an aggregate, and in expectations a comparison. */
bool sim_figure_read(struct sim_resolve *resolve, const struct sim_value *at, const char *where,
                     const char *text, bool needs_aggregate, struct sim_figure_spec *ret_figure);
/* Powers of seconds and bytes that the figure's value has: -1 and 0 of a rate. */
void sim_figure_dimension(struct sim_resolve *resolve, const struct sim_figure_spec *figure,
                          int32_t *ret_second, int32_t *ret_byte);
/* A window within the run; -1 in a field = not given. Complains as `where` otherwise. */
bool sim_window_read(struct sim_resolve *resolve, const struct sim_value *at, const char *where,
                     const struct sim_expect_fields *fields, struct sim_window *ret_window);
/* claims.c: "history is linearizable", "replica has converged", or not. */
bool sim_text_is_claim(const char *text);
bool sim_claim_read(struct sim_resolve *resolve, const struct sim_value *at, const char *text,
                    bool has_window, struct sim_expectation *expectation);
/* Whether some variant has that name; complains otherwise. */
bool sim_resolve_variant_exists(struct sim_resolve *resolve, const struct sim_value *at,
                                const char *where, const char *name);

#endif
