/* How often keys were seen lately, in a few bits for each key: a count-min sketch that ages.
 *
 * Four rows of counters from 0 to 15; a key has one counter in each. Seeing a key raises those of
 * its counters that are the least (conservative update), and the least is the estimate: other keys
 * may have made it too high, none makes it too low (Cormode and Muthukrishnan 2005; Estan and
 * Varghese 2002). When as many keys were seen as ten times the objects that the sketch is made for,
 * all counters are halved, which is how it forgets (Einziger, Friedman, Manes, "TinyLFU", ACM
 * Transactions on Storage 13(4), 2017, section 3.3). Of that paper it leaves out the Bloom filter
 * in front for keys seen once.
 *
 * All counters of a key lie in one block of 64 bytes, so that it costs one line of memory. Each row
 * has between 4 and 8 counters for each object. Growing copies the blocks: every key finds the
 * counts it had.
 */
#ifndef BRINK_MODELS_CACHE_FREQUENCY_SKETCH_H
#define BRINK_MODELS_CACHE_FREQUENCY_SKETCH_H

#include "cache/eviction.h"

struct frequency_block;

struct sim_frequency_sketch {
    struct sim_arena *arena; /* NULL = the heap */
    struct frequency_block *blocks;
    uint32_t block_count;  /* a power of two */
    uint64_t object_count; /* that it is made for */
    uint64_t seen_count;   /* since the last halving, and half of that before */
};

/* Keeps `arena`, which may be NULL. */
void sim_frequency_sketch_init(struct sim_frequency_sketch *sketch, struct sim_arena *arena);
/* Gives back what came from the heap. */
void sim_frequency_sketch_clear(struct sim_frequency_sketch *sketch);

/* Memory taken for the counters. */
size_t sim_frequency_sketch_bytes(const struct sim_frequency_sketch *sketch);

/* Makes it large enough for that many objects; it never shrinks. */
void sim_frequency_sketch_fit(struct sim_frequency_sketch *sketch, uint64_t object_count);

/* The key was seen. */
void sim_frequency_sketch_add(struct sim_frequency_sketch *sketch, uint64_t key);
/* How often, 0 to 15. */
uint32_t sim_frequency_sketch_estimate(const struct sim_frequency_sketch *sketch, uint64_t key);

#endif
