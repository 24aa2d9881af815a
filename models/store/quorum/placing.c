/* Placing keys at random: who holds a key where a ring does not say it.
 *
 *     random    any N members, drawn for each key (HDFS, RAMCloud, GFS): with many keys nearly
 *               every set of N members holds all replicas of some key, so that some are lost
 *               whenever N members or a few more are lost at once
 *     copysets  few sets of N members (Cidon and others, "Copysets: reducing the frequency of data
 *               loss in cloud storage", USENIX ATC 2013, "permutation phase"): the members are
 *               permuted P = scatter_width / (N - 1) times, rounded up, each permutation is cut
 *               into groups of N, and a key is at one of these. So a member shares keys with about
 *               scatter_width others, who bring back what it held when it is lost, and there are P
 *               times members / N sets whose loss loses anything
 *
 * Of a permutation whose length N does not divide the rest holds nothing.
 * The next members, who stand in where some are suspected, are those that would have been drawn
 * next, or come next in the permutation.
 *
 * Nothing is stored: a member's place in a permutation is a Feistel network over its number (Luby,
 * Rackoff, SIAM J. Computing 17(2), 1988), repeated until the result is a member's (Black, Rogaway,
 * CT-RSA 2002, cycle walking).
 */
#include "store/quorum/quorum.h"

#define ROUNDS 4u

static uint32_t draw_below(uint64_t hash, uint32_t count)
{
    return (uint32_t)((hash >> 32) * count >> 32);
}

void quorum_random_owners(uint64_t hash, uint32_t member_count, uint32_t count,
                          uint32_t *ret_members)
{
    uint64_t draw = 0;
    for (uint32_t found = 0; found < count;) {
        uint32_t member = draw_below(sim_hash_pair(hash, draw++), member_count);
        if (!placement_has(ret_members, found, member)) {
            ret_members[found++] = member;
        }
    }
}

/* The member at that place of a permutation. */
static uint32_t permuted(uint64_t permutation, uint32_t place, uint32_t member_count)
{
    uint32_t half = 1; /* bits */
    while (half < 16 && (UINT64_C(1) << 2 * half) < member_count) {
        half++;
    }
    uint32_t mask = (UINT32_C(1) << half) - 1;
    do {
        uint32_t left = place >> half, right = place & mask;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t mixed = sim_hash_pair(ROUNDS * permutation + round, right);
            uint32_t next = left ^ (uint32_t)(mixed >> 32 & mask);
            left = right;
            right = next;
        }
        place = left << half | right;
    } while (place >= member_count);
    return place;
}

void quorum_copyset_owners(uint64_t hash, const struct quorum_params *params, uint32_t member_count,
                           uint32_t replicas, uint32_t count, uint32_t *ret_members)
{
    uint32_t others = replicas > 1 ? replicas - 1 : 1;
    uint32_t permutations = ((uint32_t)params->scatter_width + others - 1) / others;
    uint32_t set = draw_below(sim_hash_pair(hash, 0), permutations * (member_count / replicas));
    uint32_t first = set / permutations * replicas;
    uint32_t turn = draw_below(sim_hash_pair(hash, 1), replicas);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = i < replicas ? first + (i + turn) % replicas : first + i;
        ret_members[i] = permuted(set % permutations, place % member_count, member_count);
    }
}
