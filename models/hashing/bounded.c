/* Consistent hashing with bounded loads: the ring, but a member that is full passes a key on to the
 * next one clockwise.
 *
 * Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018. With m
 * keys in place, the new one included, a member of n is full at ceil(c m / n), c = 1 + epsilon; so
 * no hot key and no uneven ring can load one member with more than c times the average. The nearer
 * c is to 1, the more keys are away from home. With weights a member's part of m is w / sum of w.
 *
 * What is in place is what the setup's `load` says. Here a load that goes frees its place and moves
 * nobody: the bound holds for whoever is picked at the moment when he is picked. (The paper moves
 * keys back so that it holds always; what is open at a server cannot be moved. Where loads only
 * come, the two are the same.) Further owners are the next members clockwise, full ones last.
 */
#include "hashing/ring.h"

/* Loads and weights of all that are present. */
struct totals {
    double load; /* with one more */
    double weight;
};

static struct totals totals_of(const struct placement *placement)
{
    const struct placement_setup *setup = &placement->setup;
    struct totals totals = {.load = 1};
    for (uint32_t i = 0; i < placement->count; i++) {
        uint32_t member = placement->present[i];
        totals.load += (double)setup->load(setup->load_data, member);
        totals.weight += setup->members[member].weight;
    }
    return totals;
}

static bool has_room(const struct placement *placement, const struct totals *totals,
                     uint32_t member)
{
    const struct placement_setup *setup = &placement->setup;
    double part = setup->members[member].weight / totals->weight;
    double load = (double)setup->load(setup->load_data, member);
    return load < sim_ceil(setup->bound * totals->load * part);
}

/* Adds members clockwise from the point `at` on that have room, or that have none. */
static uint32_t add(const struct placement *placement, const struct totals *totals, uint32_t at,
                    bool with_room, uint32_t found, uint32_t count, uint32_t *members)
{
    const struct ring *ring = placement->own;
    for (uint32_t step = 0; found < count && step < ring->count; step++) {
        uint32_t member = ring->points[at].member;
        if (!placement_has(members, found, member) &&
            has_room(placement, totals, member) == with_room) {
            members[found++] = member;
        }
        at = at + 1 < ring->count ? at + 1 : 0;
    }
    return found;
}

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    struct totals totals = totals_of(placement);
    uint32_t first = ring_first(placement->own, key_hash);
    uint32_t found = add(placement, &totals, first, true, 0, count, ret_members);
    add(placement, &totals, first, false, found, count, ret_members);
}

const struct placement_algorithm placement_bounded = {
    .name = "bounded",
    .help = "the ring, past members that are full [Mirrokni, Thorup, Zadimoghaddam 2018]",
    .takes_weights = true,
    .size = ring_size,
    .prepare = ring_prepare,
    .build = ring_build,
    .owners = owners,
};
