/* Merkle trees; see merkle.h. */
#include "store/quorum/merkle.h"

#include <stdlib.h>

void merkle_init(struct merkle *tree, uint32_t depth)
{
    tree->depth = depth;
    tree->nodes = calloc((size_t)2 << depth, sizeof *tree->nodes);
    sim_assert(tree->nodes != NULL); /* out of memory ends the process */
}

void merkle_clear(struct merkle *tree)
{
    free(tree->nodes);
    tree->nodes = NULL;
}

uint32_t merkle_leaf(uint32_t depth, uint64_t key)
{
    static const uint64_t salt = UINT64_C(0x6d65726b6c65);
    return (uint32_t)(sim_hash_pair(salt, key) >> 32 >> (32 - depth));
}

void merkle_add(struct merkle *tree, const struct cell *cell)
{
    uint64_t hash = sim_hash_pair(sim_hash_pair(cell->key, cell->version),
                                  sim_hash_pair(cell->value, cell->is_deleted ? 1 : 0));
    tree->nodes[((size_t)1 << tree->depth) + merkle_leaf(tree->depth, cell->key)] += hash;
}

void merkle_sum(struct merkle *tree)
{
    for (size_t node = ((size_t)1 << tree->depth) - 1; node >= 1; node--) {
        tree->nodes[node] = sim_hash_pair(tree->nodes[2 * node], tree->nodes[2 * node + 1]);
    }
}
