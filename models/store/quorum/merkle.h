/* Merkle tree: hashes of all that is in a set of cells, so that two replicas find what differs by
 * exchanging a few of them.
 *
 * A binary tree of `depth` levels below its root, in heap order: node 1 is the root, node i has the
 * children 2 i and 2 i + 1, and the leaves are 2^depth .. 2^(depth + 1) - 1. A key belongs to the
 * leaf of the first bits of its hash. A leaf is the sum of the hashes of its entries, so that it
 * does not depend on the order in which they were written; a node above is the hash of its children
 * (Merkle 1987; DeCandia and others, "Dynamo", SOSP 2007, section 4.7).
 */
#ifndef BRINK_MODELS_STORE_QUORUM_MERKLE_H
#define BRINK_MODELS_STORE_QUORUM_MERKLE_H

#include "store/cells.h"

struct merkle {
    uint64_t *nodes; /* 2^(depth + 1), [0] unused; NULL = none */
    uint32_t depth;
};

void merkle_init(struct merkle *tree, uint32_t depth);
void merkle_clear(struct merkle *tree);
/* The leaf of a key, from 0. */
uint32_t merkle_leaf(uint32_t depth, uint64_t key);
void merkle_add(struct merkle *tree, const struct cell *cell);
/* When all were added. */
void merkle_sum(struct merkle *tree);

#endif
