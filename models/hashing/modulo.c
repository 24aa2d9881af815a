/* Modulo: member hash mod n of those present, by id. Perfect balance, no memory, and of n + 1
 * members instead of n only a key in n + 1 stays where it was: nearly everything moves. What the
 * others of this family were invented against. Further owners are the members that follow.
 */
#include "hashing/placement.h"

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    for (uint32_t i = 0; i < count; i++) {
        ret_members[i] = placement->present[(key_hash % placement->count + i) % placement->count];
    }
}

const struct placement_algorithm placement_modulo = {
    .name = "modulo",
    .help = "hash mod n; nearly all keys move when n changes",
    .owners = owners,
};
