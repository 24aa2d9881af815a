/* A Bloom filter: a set of keys in a few bits each, which may say yes to a key that is not in it,
 * and never no to one that is.
 *
 * m bits, k hash functions; of n keys in it, a key that is not is found with probability
 * (1 - (1 - 1/m)^(k n))^k (Bloom, "Space/time trade-offs in hash coding with allowable errors",
 * CACM 13(7), 1970), in the limit of large m: it is exactly the mean of (share of bits that are
 * set)^k, which is a little more (Bose and others, Information Processing Letters 108(4), 2008).
 * The k places of a key are h1 + i h2, as most filters have them, which has the same false
 * positives in that limit, too (Kirsch and Mitzenmacher, "Less hashing, same performance", Random
 * Structures and Algorithms 33(2), 2008), and more in filters of some hundred bits (Dillinger and
 * Manolios, "Bloom filters in probabilistic verification", FMCAD 2004). Keys cannot be taken out
 * again.
 */
#ifndef BRINK_MODELS_CACHE_BLOOM_FILTER_H
#define BRINK_MODELS_CACHE_BLOOM_FILTER_H

#include "sim.h"

struct sim_bloom_filter {
    uint64_t *words; /* NULL = no filter */
    uint64_t bit_count;
    uint32_t hash_count;
};

#define SIM_BLOOM_FILTER_HASHES_MAX 32

/* Sized for that many keys at that many bits each, which is at least 1; `hashes` is k, at most
 * SIM_BLOOM_FILTER_HASHES_MAX, 0 = the best one, bits ln 2. */
void sim_bloom_filter_init(struct sim_bloom_filter *filter, uint64_t key_count, double bits_per_key,
                           uint32_t hashes);
/* May be called on zeroed memory. */
void sim_bloom_filter_clear(struct sim_bloom_filter *filter);
void sim_bloom_filter_add(struct sim_bloom_filter *filter, uint64_t key);
bool sim_bloom_filter_has(const struct sim_bloom_filter *filter, uint64_t key);

#endif
