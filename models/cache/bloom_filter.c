/* See bloom_filter.h. */
#include "cache/bloom_filter.h"

#include <stdlib.h>

#define LN_2 0.69314718055994531

static uint32_t best_hashes(double bits_per_key)
{
    double hashes = bits_per_key * LN_2 + 0.5;
    return hashes < 1                             ? 1
           : hashes > SIM_BLOOM_FILTER_HASHES_MAX ? SIM_BLOOM_FILTER_HASHES_MAX
                                                  : (uint32_t)hashes;
}

void sim_bloom_filter_init(struct sim_bloom_filter *filter, uint64_t key_count, double bits_per_key,
                           uint32_t hashes)
{
    sim_assert(hashes <= SIM_BLOOM_FILTER_HASHES_MAX);
    filter->bit_count = (uint64_t)((double)key_count * bits_per_key) + 1;
    filter->hash_count = hashes > 0 ? hashes : best_hashes(bits_per_key);
    filter->words = calloc(filter->bit_count / 64 + 1, sizeof(uint64_t));
    sim_assert(filter->words != NULL); /* out of memory ends the process */
}

void sim_bloom_filter_clear(struct sim_bloom_filter *filter)
{
    free(filter->words);
    filter->words = NULL;
}

/* The place of the i-th hash. */
static uint64_t place_of(const struct sim_bloom_filter *filter, uint64_t first, uint64_t second,
                         uint32_t i)
{
    return (first + i * (second | 1)) % filter->bit_count;
}

void sim_bloom_filter_add(struct sim_bloom_filter *filter, uint64_t key)
{
    uint64_t first = sim_hash_pair(key, 1);
    uint64_t second = sim_hash_pair(key, 2);
    for (uint32_t i = 0; i < filter->hash_count; i++) {
        uint64_t place = place_of(filter, first, second, i);
        filter->words[place / 64] |= UINT64_C(1) << place % 64;
    }
}

bool sim_bloom_filter_has(const struct sim_bloom_filter *filter, uint64_t key)
{
    uint64_t first = sim_hash_pair(key, 1);
    uint64_t second = sim_hash_pair(key, 2);
    for (uint32_t i = 0; i < filter->hash_count; i++) {
        uint64_t place = place_of(filter, first, second, i);
        if ((filter->words[place / 64] >> place % 64 & 1) == 0) {
            return false;
        }
    }
    return true;
}
