/* Tables of owners: by a placement of the key's hash (models/hashing), or by ranges of keys.
 *
 * Ranges are equal parts of the keys at first, or as `below` says (a directory of ranges). A shard
 * that joins takes the upper half of the widest one; the ranges of one that leaves go to their
 * lower neighbours, those at the beginning to the upper one. Everybody who applies the same changes
 * in the same order has the same table.
 */
#include "store/shard/shard.h"

#include <string.h>

static const struct sim_param fields_params[] = {
    {"store", SIM_PARAM_TARGET, offsetof(struct shard_fields, store), NULL, SIM_UNBOUNDED,
     "the store that is this shard: one node, or a group, whose members are asked in turn", NULL,
     NULL},
    {"weight", SIM_PARAM_NUMBER, offsetof(struct shard_fields, weight), "1", 1e-3, 1e3,
     "its part of the keys, where the placement takes weights: ring, rendezvous, maglev", NULL,
     NULL},
    {"below", SIM_PARAM_INTEGER, offsetof(struct shard_fields, below), "nil", 1, 1e15,
     "range: its keys are those below this and not below that of the shard before", NULL, NULL},
    {"from", SIM_PARAM_MOMENT, offsetof(struct shard_fields, from), "s(0)", SIM_NOT_NEGATIVE,
     "it joins then, and is given its keys", NULL, NULL},
    {"to", SIM_PARAM_DURATION, offsetof(struct shard_fields, to), "none", 1e-9, 1e300,
     "it leaves then: its keys are taken from it", NULL, NULL},
    {0},
};

static const char *fields_validate(const void *given)
{
    const struct shard_fields *fields = given;
    if (fields->store.shares != NULL) {
        return "store: members of a shard take turns; no shares here";
    }
    return fields->to <= fields->from ? "to is not after from" : NULL;
}

static const struct sim_constructor constructor = {
    .name = "shard",
    .help = "a store that has a part of the keys: shard { \"db[4]\", from = s(60) }",
    .size = sizeof(struct shard_fields),
    .params = fields_params,
    .positional = 1,
    .validate = fields_validate,
};
static const struct sim_constructor *const constructors[] = {&constructor, NULL};

const struct sim_family shard_family = {
    .name = "shards",
    .example = "\"db[1]\", shard { \"db[2]\", from = s(60) }",
    .constructors = constructors,
    .bare = &constructor,
};

const char *const shard_by_names[] = {"range",      "modulo", "ring", "jump",
                                      "rendezvous", "maglev", NULL};

const struct placement_algorithm *shard_algorithm(const struct shard_params *params)
{
    static const struct placement_algorithm *const algorithms[] = {NULL,
                                                                   &placement_modulo,
                                                                   &placement_ring,
                                                                   &placement_jump,
                                                                   &placement_rendezvous,
                                                                   &placement_maglev};
    return algorithms[params->by];
}

/* ---- looking ---- */

uint32_t shard_table_range(const struct shard_table *table, uint64_t key)
{
    uint32_t low = 0, high = table->range_count; /* the one wanted is in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (table->ranges[middle].begin <= key) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t shard_table_owner(const struct shard_table *table, uint64_t key)
{
    if (table->placement == NULL) {
        return table->ranges[shard_table_range(table, key)].shard;
    }
    return placement_owner(table->placement, sim_hash_pair(0, key));
}

bool shard_table_has(const struct shard_table *table, uint32_t shard)
{
    return placement_has(table->present, table->present_count, shard);
}

/* ---- changing ---- */

static uint64_t range_end(const struct shard_table *table, uint32_t range)
{
    return range + 1 < table->range_count ? table->ranges[range + 1].begin
                                          : (uint64_t)table->params->keys;
}

/* Neighbours that belong to one shard become one range. */
static void merge(struct shard_table *table)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < table->range_count; i++) {
        table->ranges[i].asked = 0;
        if (kept == 0 || table->ranges[kept - 1].shard != table->ranges[i].shard) {
            table->ranges[kept++] = table->ranges[i];
        }
    }
    table->range_count = kept;
}

static void split(struct shard_table *table, uint64_t key, uint32_t shard)
{
    uint32_t at = shard_table_range(table, key);
    if (table->ranges[at].begin < key) {
        sim_assert(table->range_count < SHARD_RANGES_MAX);
        memmove(&table->ranges[at + 2], &table->ranges[at + 1],
                (table->range_count - at - 1) * sizeof *table->ranges);
        table->range_count++;
        table->ranges[++at].begin = key;
    }
    table->ranges[at].shard = shard;
    merge(table);
}

static void join(struct shard_table *table, uint32_t shard)
{
    uint32_t widest = 0;
    uint64_t width = 0;
    for (uint32_t i = 0; i < table->range_count; i++) {
        uint64_t its = range_end(table, i) - table->ranges[i].begin;
        if (its > width) {
            widest = i;
            width = its;
        }
    }
    if (width > 1 && table->range_count < SHARD_RANGES_MAX) {
        split(table, table->ranges[widest].begin + width / 2, shard);
    }
}

static void leave(struct shard_table *table, uint32_t shard)
{
    uint32_t heir = SHARD_SHARDS_MAX;
    for (uint32_t i = 0; i < table->range_count && heir == SHARD_SHARDS_MAX; i++) {
        heir = table->ranges[i].shard != shard ? table->ranges[i].shard : heir;
    }
    for (uint32_t i = 0; i < table->range_count; i++) {
        if (table->ranges[i].shard == shard) {
            table->ranges[i].shard = heir == SHARD_SHARDS_MAX ? table->present[0] : heir;
        }
        heir = table->ranges[i].shard;
    }
    merge(table);
}

static void apply(struct shard_table *table, const struct shard_change *change)
{
    uint32_t shard = (uint32_t)change->shard;
    if (change->kind == SHARD_JOINS) {
        table->present[table->present_count++] = shard;
    } else if (change->kind == SHARD_LEAVES) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < table->present_count; i++) {
            if (table->present[i] != shard) {
                table->present[kept++] = table->present[i];
            }
        }
        table->present_count = kept;
    }
    if (table->placement != NULL) {
        placement_build(table->placement, table->present, table->present_count);
    } else if (change->kind == SHARD_SPLIT) {
        split(table, change->key, shard);
    } else if (change->kind == SHARD_JOINS) {
        join(table, shard);
    } else {
        leave(table, shard);
    }
}

void shard_table_apply(struct shard_table *table, const struct shard_change *changes,
                       uint32_t count)
{
    for (; table->applied < count; table->applied++) {
        apply(table, &changes[table->applied]);
    }
}

/* ---- the beginning ---- */

static void start_ranges(struct sim_node *self, struct shard_table *table)
{
    table->ranges = sim_alloc(self, SHARD_RANGES_MAX * sizeof *table->ranges);
    uint64_t part = (uint64_t)table->params->keys / table->present_count;
    uint64_t rest = (uint64_t)table->params->keys % table->present_count;
    uint64_t begin = 0;
    for (uint32_t i = 0; i < table->present_count; i++) {
        const struct shard_fields *fields = shard_fields_at(table->params, table->present[i]);
        table->ranges[i] = (struct shard_range){.begin = begin, .shard = table->present[i]};
        begin = fields->below > 0 ? (uint64_t)fields->below : begin + part + (i < rest ? 1 : 0);
    }
    table->range_count = table->present_count;
    merge(table);
}

static void start_placement(struct sim_node *self, struct shard_table *table)
{
    uint32_t count = table->params->shards.count;
    struct placement_member *members = sim_alloc(self, count * sizeof *members);
    for (uint32_t i = 0; i < count; i++) {
        const struct shard_fields *fields = shard_fields_at(table->params, i);
        members[i] = (struct placement_member){
            .id = i, .name = sim_hash_text(fields->store.text), .weight = fields->weight};
    }
    struct placement_setup setup = {
        .algorithm = shard_algorithm(table->params),
        .members = members,
        .member_count = count,
        .points = (uint32_t)table->params->points,
        .table_size = (uint32_t)table->params->table_entries,
    };
    table->placement = placement_init(sim_alloc(self, placement_size(&setup)), &setup);
    placement_build(table->placement, table->present, table->present_count);
}

void shard_table_start(struct sim_node *self, struct shard_table *table,
                       const struct shard_params *params)
{
    uint32_t count = params->shards.count;
    *table = (struct shard_table){.params = params};
    table->present = sim_alloc(self, count * sizeof *table->present);
    for (uint32_t i = 0; i < count; i++) {
        if (shard_is_wanted(params, i, 0)) {
            table->present[table->present_count++] = i;
        }
    }
    if (shard_algorithm(params) == NULL) {
        start_ranges(self, table);
    } else {
        start_placement(self, table);
    }
}
