/* What the swarms of store.sharded ask of it: routers as the replicas of the swarm, and behind them
 * shards that keep coming and going, which have faults of their own; also with a map of shards in a
 * configuration store, which fails, too, and shards that know what they own.
 */
#ifndef TESTS_PROPERTY_SHARD_SWARM_H
#define TESTS_PROPERTY_SHARD_SWARM_H

#define SWARM_REPLICAS 3u /* the routers */
#define SWARM_KEYS 6u
#include "swarm_targets.h"

/* Shards a and b are there in turn, c from time to time: keys go to and fro, also to where they
 * have been before. */
#define SHARD_SWARM_SHARDS                                                                         \
    "shards = { shard { 'a', to = s(2) }, shard { 'b', from = s(1), to = s(4) }, "                 \
    "shard { 'c', from = s(1.5), to = s(6) }, shard { 'a', from = s(3), to = s(7) }, "             \
    "shard { 'b', from = s(5), to = s(9) }, shard { 'c', from = s(8) }, "                          \
    "shard { 'a', from = s(9.5) } }, keys = 6, retry = ms(50), timeout = ms(600), "

/* A move takes a while, so that faults meet it. */
#define SHARD_SWARM SHARD_SWARM_SHARDS "batch = 2, rate = 10000, fsync = exponential(ms(5)), "

/* Shards that have more than two of the six keys are too big. */
#define SHARD_SWARM_OVERSIZED                                                                      \
    "by = 'range', value_bytes = bytes(1000), partition_max = bytes(2500), "                       \
    "split_oversized = true, measure = ms(300)"

/* What happened in all seeds of a program. */
struct shard_tally {
    uint64_t moved, held, retried, late, splits, unfinished;
    uint64_t refused, map_late, config_faults; /* with a configuration store */
};

static struct shard_tally shard_tally;

static inline void shard_finish(struct swarm *swarm)
{
    shard_tally.moved += fixture_total(&swarm->f, "replica", "moved");
    shard_tally.held += fixture_total(&swarm->f, "replica", "held.requests");
    shard_tally.retried += fixture_total(&swarm->f, "replica", "copies.retried");
    shard_tally.late += fixture_total(&swarm->f, "replica", "copies.late");
    shard_tally.splits += fixture_total(&swarm->f, "replica", "splits.size");
    shard_tally.unfinished += fixture_level(&swarm->f, "replica", "moving") != 0;
}

/* Members of shards crash, are paused, and cannot be reached by some router, for a while. */
static inline void shard_faults(struct swarm *swarm, const char *const *targets, uint32_t count)
{
    for (int i = 0; i < 6; i++) {
        enum swarm_fault kind;
        bool has_kind = swarm_target_kind(swarm, &kind);
        const char *target = targets[sim_random_below(&swarm->random, count)];
        if (has_kind) {
            swarm_target_fault(swarm, kind, target);
            shard_tally.config_faults += g_str_has_prefix(target, "config") ? 1 : 0;
        }
    }
}

static inline void shard_add(struct swarm *swarm, const struct sim_model *model, uint32_t members,
                             const char *params)
{
    static const char *const names[] = {"a", "b", "c"};
    swarm->finish = shard_finish;
    for (uint32_t i = 0; i < 3; i++) {
        swarm_add_group(swarm, names[i], model, members, params);
    }
}

static inline void shard_prepare_single(struct swarm *swarm)
{
    static const char *const targets[] = {"a", "b", "c"};
    shard_add(swarm, &sim_model_store_single, 1,
              "service = us(50), replay = us(10), fsync = exponential(ms(20))");
    shard_faults(swarm, targets, 3);
}

static inline void shard_prepare_raft(struct swarm *swarm)
{
    static const char *const targets[] = {"a[1]", "a[2]", "a[3]", "b[1]", "b[2]",
                                          "b[3]", "c[1]", "c[2]", "c[3]"};
    shard_add(swarm, &sim_model_store_raft, 3,
              "service = us(50), fsync = exponential(ms(10)), timeout = ms(400)");
    shard_faults(swarm, targets, 9);
}

/* ---- with a configuration store ---- */

#define SHARD_SWARM_CONFIG SHARD_SWARM "config = 'config', "

/* All keys of a change are copied at once, and one after the other. */
#define SHARD_SWARM_SLOW                                                                           \
    SHARD_SWARM_SHARDS "config = 'config', by = 'modulo', batch = 6, parallel = 1"

static inline void shard_map_finish(struct swarm *swarm)
{
    shard_finish(swarm);
    shard_tally.refused += fixture_total(&swarm->f, "a", "moved") +
                           fixture_total(&swarm->f, "b", "moved") +
                           fixture_total(&swarm->f, "c", "moved");
    shard_tally.map_late += fixture_total(&swarm->f, "replica", "map.late");
}

static inline void shard_map_report(const char *what)
{
    g_test_message("%s, up to now: %" G_GUINT64_FORMAT " keys moved, %" G_GUINT64_FORMAT
                   " requests held, %" G_GUINT64_FORMAT " refused by shards, %" G_GUINT64_FORMAT
                   " faults of the configuration store, %" G_GUINT64_FORMAT
                   " late changes of the map, %" G_GUINT64_FORMAT " splits by size",
                   what, shard_tally.moved, shard_tally.held, shard_tally.refused,
                   shard_tally.config_faults, shard_tally.map_late, shard_tally.splits);
}

/* Shards a, b and c that know what they own, before stores of one machine each, and the
 * configuration store. */
static inline void shard_add_owners(struct swarm *swarm, const struct sim_model *config,
                                    uint32_t members, const char *params)
{
    static const char *const names[] = {"a", "b", "c"}, *const stores[] = {"da", "db", "dc"};
    static const char *const owners[] = {"store = 'da', fsync = exponential(ms(5))",
                                         "store = 'db', fsync = exponential(ms(5))",
                                         "store = 'dc', fsync = exponential(ms(5))"};
    static const char *const rare[] = {"moved.answers", "refreshes", "refreshes.failed",
                                       "map.retried", NULL};
    swarm->finish = shard_map_finish;
    swarm->rare = rare;
    for (uint32_t i = 0; i < 3; i++) {
        swarm_add_group(swarm, names[i], &sim_model_store_shard, 1, owners[i]);
        swarm_add_group(swarm, stores[i], &sim_model_store_single, 1,
                        "service = us(50), replay = us(10), fsync = exponential(ms(5))");
    }
    swarm_add_group(swarm, "config", config, members, params);
}

static inline void shard_prepare_config_single(struct swarm *swarm)
{
    static const char *const targets[] = {"a", "b", "c", "da", "db", "config", "config"};
    shard_add_owners(swarm, &sim_model_store_single, 1,
                     "service = us(50), replay = us(10), fsync = exponential(ms(20))");
    shard_faults(swarm, targets, G_N_ELEMENTS(targets));
}

/* The first router ends its life with a change of the map under way at a member that stands still,
 * and the next one has looked at the map elsewhere, and goes on, when that comes through. */
static inline void shard_lives(struct swarm *swarm)
{
    static const char *const members[] = {"config[1]", "config[2]", "config[3]"};
    unsigned both = 1u << SWARM_CRASH | 1u << SWARM_PAUSE;
    for (int i = 0; i < 5 && (swarm->of.allowed & both) == both; i++) {
        sim_time from = swarm_moment(swarm);
        sim_time end = from + ms(50) + (sim_time)sim_random_below(&swarm->random, 500000000);
        sim_time to = end + ms(10) + (sim_time)sim_random_below(&swarm->random, 2500000000);
        fixture_add_fault(&swarm->f, SIM_FAULT_PAUSE, from, to,
                          members[sim_random_below(&swarm->random, G_N_ELEMENTS(members))]);
        fixture_add_fault(&swarm->f, SIM_FAULT_CRASH, end, end + ms(1), "replica[1]");
    }
}

static inline void shard_prepare_config_raft(struct swarm *swarm)
{
    static const char *const targets[] = {"a", "b", "c", "config[1]", "config[2]", "config[3]"};
    shard_add_owners(swarm, &sim_model_store_raft, 3,
                     "service = us(50), fsync = exponential(ms(10)), timeout = ms(400)");
    shard_faults(swarm, targets, G_N_ELEMENTS(targets));
    shard_lives(swarm);
}

#endif
