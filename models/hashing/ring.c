/* Ring: members and keys are points on a circle, and a key belongs to the next member clockwise.
 *
 * Karger and others, "Consistent hashing and random trees", STOC 1997, section 4. One point a
 * member gives shares as uneven as exponential draws; with v points each (virtual nodes, ketama:
 * 160) the coefficient of variation of a member's share is sqrt((n - 1) / (n v + 1)), about
 * 1 / sqrt(v). A member of weight w has v w points, rounded, at least one, whoever else is there:
 * so no key moves between members that stay. Replicas are the next different members clockwise
 * (DeCandia and others, "Dynamo", SOSP 2007, section 4.3: the preference list).
 *
 * The points of all members that can ever be are worked out and sorted once; a change of members
 * picks those present out of them. A look-up is a binary search. Left out: ketama's own hash (MD5,
 * four points a digest); the points here are as random, at other places.
 */
#include "hashing/ring.h"

static uint32_t points_of(const struct placement_setup *setup, uint32_t member)
{
    double points = sim_floor(setup->points * setup->members[member].weight + 0.5);
    sim_assert(points < 1e9);
    return points >= 1 ? (uint32_t)points : 1;
}

static size_t points_of_all(const struct placement_setup *setup)
{
    size_t count = 0;
    for (uint32_t i = 0; i < setup->member_count; i++) {
        count += points_of(setup, i);
    }
    return count;
}

size_t ring_size(const struct placement_setup *setup)
{
    return sizeof(struct ring) + 2 * points_of_all(setup) * sizeof(struct ring_point);
}

static int compare_points(const void *a, const void *b, void *data)
{
    const struct ring_point *left = a;
    const struct ring_point *right = b;
    const struct placement_member *members = data;
    if (left->at != right->at) {
        return left->at < right->at ? -1 : 1;
    }
    uint32_t left_id = members[left->member].id;
    uint32_t right_id = members[right->member].id;
    return (left_id > right_id) - (left_id < right_id);
}

void ring_prepare(struct placement *placement)
{
    const struct placement_setup *setup = &placement->setup;
    struct ring *ring = placement->own;
    ring->all = (struct ring_point *)(void *)(ring + 1);
    for (uint32_t i = 0; i < setup->member_count; i++) {
        uint32_t points = points_of(setup, i);
        for (uint32_t p = 0; p < points; p++) {
            ring->all[ring->all_count++] =
                (struct ring_point){sim_hash_pair(setup->members[i].name, p), i};
        }
    }
    ring->points = ring->all + ring->all_count;
    sim_sort(ring->all, ring->all_count, sizeof *ring->all, compare_points,
             (void *)(uintptr_t)setup->members);
}

void ring_build(struct placement *placement)
{
    struct ring *ring = placement->own;
    ring->count = 0;
    for (uint32_t i = 0; i < ring->all_count; i++) {
        if (placement->is_present[ring->all[i].member]) {
            ring->points[ring->count++] = ring->all[i];
        }
    }
}

uint32_t ring_first(const struct ring *ring, uint64_t position)
{
    uint32_t low = 0;
    uint32_t high = ring->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ring->points[middle].at < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ring->count ? low : 0;
}

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    const struct ring *ring = placement->own;
    uint32_t at = ring_first(ring, key_hash);
    for (uint32_t found = 0; found < count;) {
        uint32_t member = ring->points[at].member;
        if (!placement_has(ret_members, found, member)) {
            ret_members[found++] = member;
        }
        at = at + 1 < ring->count ? at + 1 : 0;
    }
}

const struct placement_algorithm placement_ring = {
    .name = "ring",
    .help = "the next of many points on a circle [Karger 1997; ketama]",
    .takes_weights = true,
    .size = ring_size,
    .prepare = ring_prepare,
    .build = ring_build,
    .owners = owners,
};
