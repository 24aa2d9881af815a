/* Rendezvous, or highest random weight: every member draws a score for the key, the highest wins.
 *
 * Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM Transactions
 * on Networking 6(1), 1998. A member that goes loses its own keys only, evenly to all others;
 * replicas are the next best scores. Balance is perfect, memory none; a look-up asks all n members.
 * With weights the score is -w / ln u, of a draw u uniform in (0, 1): member i wins with
 * probability w_i / sum of w (Schindelhauer and Schomaker, "Weighted distributed hash tables", SPAA
 * 2005, the logarithmic method).
 */
#include "hashing/placement.h"

struct score {
    double value;
    uint64_t hash; /* decides between equal values; then the id, by the order of the loop */
};

static struct score score_of(const struct placement_member *member, uint64_t key_hash)
{
    uint64_t hash = sim_hash_pair(member->name, key_hash);
    double unit = ((double)(hash >> 12) + 0.5) * 0x1p-52;
    return (struct score){-member->weight / sim_log(unit), hash};
}

static bool is_higher(const struct score *a, const struct score *b)
{
    return a->value > b->value || (!(a->value < b->value) && a->hash > b->hash);
}

/* The best of those that are not among the `found` better ones. */
static uint32_t best(const struct placement *placement, uint64_t key_hash, const uint32_t *better,
                     uint32_t found)
{
    uint32_t winner = PLACEMENT_NONE;
    struct score highest = {0, 0};
    for (uint32_t i = 0; i < placement->count; i++) {
        uint32_t member = placement->present[i];
        if (placement_has(better, found, member)) {
            continue;
        }
        struct score score = score_of(&placement->setup.members[member], key_hash);
        if (winner == PLACEMENT_NONE || is_higher(&score, &highest)) {
            winner = member;
            highest = score;
        }
    }
    return winner;
}

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    for (uint32_t found = 0; found < count; found++) {
        ret_members[found] = best(placement, key_hash, ret_members, found);
    }
}

const struct placement_algorithm placement_rendezvous = {
    .name = "rendezvous",
    .help = "the highest of scores that all members draw [Thaler, Ravishankar 1998]",
    .takes_weights = true,
    .owners = owners,
};
