/* Pool: records of one size, addressed by a 32-bit index or by a handle that notices reuse.
 *
 * Records keep their address for life. Index 0 is never handed out, so that 0 can mean "none".
 * Freed records are reused last-in-first-out, which makes indices a function of the order of calls
 * alone: they may enter the digest. A handle packs (generation << 32 | index); the generation
 * changes at every free, so a stale handle is recognised. Steady state allocates nothing.
 */
#ifndef BRINK_BASE_POOL_H
#define BRINK_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

#define SIM_POOL_CHUNK_BITS 8u
#define SIM_POOL_CHUNK_COUNT (1u << SIM_POOL_CHUNK_BITS)

/* Precedes every record. `generation` is odd while the record is in use. */
struct sim_pool_header {
    uint32_t generation;
    uint32_t next_free; /* index of the next free record, 0 = none */
};

struct sim_pool {
    unsigned char **chunks; /* each of SIM_POOL_CHUNK_COUNT records */
    uint32_t chunk_count;
    uint32_t chunk_capacity;
    uint32_t record_size; /* with header, a multiple of 16 */
    uint32_t first_free;  /* 0 = none: take a fresh one */
    uint32_t fresh;       /* lowest index never used */
    uint32_t live_count;
    uint32_t live_count_max; /* high-water mark */
    uint32_t generation;     /* of a record before its first use */
};

/* Records of `record_size` bytes, each aligned to 8. Allocates nothing yet. */
void sim_pool_init(struct sim_pool *pool, size_t record_size);
/* Makes its handles others than those of a pool with another salt, so that a number names a record
 * of one of them at most, as near as makes no difference. Before the first use. */
void sim_pool_set_apart(struct sim_pool *pool, uint32_t salt);
/* Frees all memory, also of records in use; the pool must be initialised again before use. */
void sim_pool_clear(struct sim_pool *pool);

/* An index that was never used before, with memory behind it. */
uint32_t sim_pool_take_fresh(struct sim_pool *pool);

static inline struct sim_pool_header *sim_pool_header_at(const struct sim_pool *pool,
                                                         uint32_t index)
{
    return (struct sim_pool_header *)(void *)(pool->chunks[index >> SIM_POOL_CHUNK_BITS] +
                                              (size_t)(index & (SIM_POOL_CHUNK_COUNT - 1)) *
                                                  pool->record_size);
}

/* A record, zeroed at its first use and as its last holder left it afterwards; never fails.
 * Returns its index, which is not 0. */
static inline uint32_t sim_pool_take(struct sim_pool *pool)
{
    uint32_t index = pool->first_free;
    if (__builtin_expect(index == 0, 0)) {
        index = sim_pool_take_fresh(pool);
    }
    struct sim_pool_header *header = sim_pool_header_at(pool, index);
    pool->first_free = header->next_free; /* 0 in one that is fresh: the list was empty */
    header->generation++;
    pool->live_count++;
    if (pool->live_count > pool->live_count_max) {
        pool->live_count_max = pool->live_count;
    }
    return index;
}

/* Gives a record back; asserts that it is in use. Handles to it are stale from here on. */
static inline void sim_pool_give(struct sim_pool *pool, uint32_t index)
{
    sim_assert(index != 0 && index < pool->fresh);
    struct sim_pool_header *header = sim_pool_header_at(pool, index);
    sim_assert((header->generation & 1) == 1); /* given back twice */
    header->generation++;
    header->next_free = pool->first_free;
    pool->first_free = index;
    pool->live_count--;
}

/* The record at an index that is in use. */
static inline void *sim_pool_at(const struct sim_pool *pool, uint32_t index)
{
    return sim_pool_header_at(pool, index) + 1;
}

static inline uint64_t sim_pool_handle(const struct sim_pool *pool, uint32_t index)
{
    return (uint64_t)sim_pool_header_at(pool, index)->generation << 32 | index;
}

static inline uint32_t sim_pool_index(uint64_t handle)
{
    return (uint32_t)handle;
}

/* The record that `handle` names, or NULL when it has been freed since. */
static inline void *sim_pool_find(const struct sim_pool *pool, uint64_t handle)
{
    uint32_t index = sim_pool_index(handle);
    if (index == 0 || index >= pool->fresh) {
        return NULL;
    }
    struct sim_pool_header *header = sim_pool_header_at(pool, index);
    return header->generation == (uint32_t)(handle >> 32) ? header + 1 : NULL;
}

#endif
