/* Jump: a walk of ever longer jumps over the members by id, whose last stop is the owner.
 *
 * Lamping and Veach, "A fast, minimal memory, consistent hash algorithm", arXiv 1406.2294, 2014,
 * figure 1. The key's generator says at which numbers of members it moves, and it moves to the
 * newest one only: at n + 1 members with probability 1 / (n + 1). Balance is perfect, memory none,
 * a look-up takes ln n steps. The price: members are numbers 0 .. n - 1, so that only the last one
 * can go cheaply; where another one goes, all after it are renumbered and their keys move too.
 *
 * Members count alike. Further owners are those of the hashes that follow from the key's, as far as
 * they differ: each of those moves as rarely as the first. Left out: the paper's shards that map
 * the numbers to machines by a table of their own.
 */
#include "hashing/placement.h"

/* A key whose hashes keep on naming the same few members takes the others by id from then on. */
#define PROBES_AN_OWNER 64u

static uint32_t jump(uint64_t key_hash, uint32_t count)
{
    int64_t bucket = -1;
    int64_t next = 0;
    while (next < count) {
        bucket = next;
        key_hash = key_hash * UINT64_C(2862933555777941757) + 1;
        double stretch = 0x1p31 / (double)((key_hash >> 33) + 1);
        next = (int64_t)((double)(bucket + 1) * stretch);
    }
    return (uint32_t)bucket;
}

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    uint32_t found = 0;
    for (uint32_t probe = 0; found < count && probe < PROBES_AN_OWNER * count; probe++) {
        uint64_t hash = probe == 0 ? key_hash : sim_hash_pair(key_hash, probe);
        uint32_t member = placement->present[jump(hash, placement->count)];
        if (!placement_has(ret_members, found, member)) {
            ret_members[found++] = member;
        }
    }
    for (uint32_t i = 0; found < count; i++) {
        if (!placement_has(ret_members, found, placement->present[i])) {
            ret_members[found++] = placement->present[i];
        }
    }
}

const struct placement_algorithm placement_jump = {
    .name = "jump",
    .help = "the last of a walk of jumps over numbered members [Lamping, Veach 2014]",
    .owners = owners,
};
