/* A group of members for tests of placements: names by number, weights, a load that is counted. */
#ifndef BRINK_TESTS_GROUP_H
#define BRINK_TESTS_GROUP_H

#include <glib.h>

#include "hashing/placement.h"

struct group {
    uint32_t count; /* of all that can be */
    struct placement_member *members;
    uint64_t *loads;
    uint32_t *present; /* 0 .. count - 1 */
    struct placement_setup setup;
    struct placement *placement;
};

static inline uint64_t group_load(const void *data, uint32_t member)
{
    return ((const struct group *)data)->loads[member];
}

/* Nobody is built yet; `salt` gives other names. Change members and setup before group_build. */
static inline void group_init(struct group *group, const struct placement_algorithm *algorithm,
                              uint32_t count, uint64_t salt)
{
    *group = (struct group){.count = count};
    group->members = g_new0(struct placement_member, count);
    group->loads = g_new0(uint64_t, count);
    group->present = g_new(uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        group->members[i] = (struct placement_member){i + 1, sim_hash_pair(salt, i), 1};
        group->present[i] = i;
    }
    group->setup = (struct placement_setup){
        .algorithm = algorithm,
        .members = group->members,
        .member_count = count,
        .points = 160,
        .table_size = 65537,
        .bound = 1.25,
        .load = group_load,
        .load_data = group,
    };
}

/* The first `present` members are there. */
static inline void group_build(struct group *group, uint32_t present)
{
    if (group->placement == NULL) {
        group->placement = placement_init(g_malloc0(placement_size(&group->setup)), &group->setup);
    }
    placement_build(group->placement, group->present, present);
}

static inline void group_clear(struct group *group)
{
    g_free(group->members);
    g_free(group->loads);
    g_free(group->present);
    g_free(group->placement);
}

/* The hash of the i-th key. */
static inline uint64_t group_key(uint64_t i)
{
    return sim_hash_pair(UINT64_C(0x6b6579), i);
}

#endif
