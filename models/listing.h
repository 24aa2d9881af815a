/* What a registry and those who ask it say to one another: "lookup", without words, is answered by
 * as many listings as it takes: a first node, and a bit for it and each of those that follow it. On
 * a stream, the key of each item is a node and whether it is on the list. */
#ifndef BRINK_MODELS_LISTING_H
#define BRINK_MODELS_LISTING_H

#include "sim.h"

#define LOOKUP_MESSAGE "lookup"
#define LISTING_MESSAGE "listing"
#define LISTING_FIRST 0 /* word */
#define LISTING_BITS 1  /* first of the words that hold bits */
#define LISTING_NODES (64u * (SIM_MESSAGE_WORDS - LISTING_BITS))

static inline struct sim_item listing_item(sim_node_id node, bool is_listed)
{
    return (struct sim_item){.key = (uint64_t)node << 1 | (is_listed ? 1 : 0)};
}

static inline sim_node_id listing_item_node(struct sim_item item)
{
    return (sim_node_id)(item.key >> 1);
}

static inline bool listing_item_is_listed(struct sim_item item)
{
    return (item.key & 1) != 0;
}

static inline void listing_add(uint64_t words[SIM_MESSAGE_WORDS], uint32_t place)
{
    words[LISTING_BITS + place / 64] |= UINT64_C(1) << place % 64;
}

static inline bool listing_has(const uint64_t words[SIM_MESSAGE_WORDS], uint32_t place)
{
    return (words[LISTING_BITS + place / 64] >> place % 64 & 1) != 0;
}

#endif
