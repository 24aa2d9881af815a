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
#include "base/seldom.h"

#define SIM_POOL_CHUNK_BITS 8u
#define SIM_POOL_CHUNK_COUNT (1u << SIM_POOL_CHUNK_BITS)

/* Precedes every record. `generation` is odd while the record is in use. */
struct sim_pool_header {
    uint32_t generation;
    uint32_t index;
    struct sim_pool_header *next_free;
};

struct sim_pool {
    unsigned char **chunks; /* each of SIM_POOL_CHUNK_COUNT records */
    uint32_t chunk_count;
    uint32_t chunk_capacity;
    uint32_t record_size;               /* with header, a multiple of 16 */
    struct sim_pool_header *first_free; /* NULL: take a fresh one */
    uint32_t fresh;                     /* lowest index never used */
    uint32_t live_count;
    uint32_t generation; /* of a record before its first use */
};

/* Records of `record_size` bytes, each aligned to 16. Allocates nothing yet. */
void sim_pool_init(struct sim_pool *pool, size_t record_size);
/* Makes its handles others than those of a pool with another salt, so that a number names a record
 * of one of them at most, as near as makes no difference. Before the first use. */
void sim_pool_set_apart(struct sim_pool *pool, uint32_t salt);
/* Frees all memory, also of records in use; the pool must be initialised again before use. */
void sim_pool_clear(struct sim_pool *pool);

/* A header with memory behind it whose index was never used before. */
SIM_SELDOM struct sim_pool_header *sim_pool_take_fresh(struct sim_pool *pool);

/* The most records that were in use at once: a fresh one is taken only when all others are. */
static inline uint32_t sim_pool_live_count_max(const struct sim_pool *pool)
{
    return pool->fresh - 1;
}

static inline struct sim_pool_header *sim_pool_header_at(const struct sim_pool *pool,
                                                         uint32_t index)
{
    return (struct sim_pool_header *)(void *)(pool->chunks[index >> SIM_POOL_CHUNK_BITS] +
                                              (size_t)(index & (SIM_POOL_CHUNK_COUNT - 1)) *
                                                  pool->record_size);
}

/* The header of a record in use. */
static inline struct sim_pool_header *sim_pool_header_of(void *record)
{
    return (struct sim_pool_header *)record - 1;
}

/* A record, zeroed at its first use and as its last holder left it afterwards; never fails. */
static inline void *sim_pool_new(struct sim_pool *pool)
{
    struct sim_pool_header *header = pool->first_free;
    if (__builtin_expect(header == NULL, 0)) {
        header = sim_pool_take_fresh(pool);
    }
    pool->first_free = header->next_free; /* NULL in one that is fresh: the list was empty */
    header->generation++;
    pool->live_count++;
    return header + 1;
}

/* Gives back a record; asserts that it is in use. Handles to it are stale from here on. */
static inline void sim_pool_end(struct sim_pool *pool, void *record)
{
    struct sim_pool_header *header = sim_pool_header_of(record);
    sim_assert((header->generation & 1) == 1); /* given back twice */
    header->generation++;
    header->next_free = pool->first_free;
    pool->first_free = header;
    pool->live_count--;
}

/* The index of a record in use; it is not 0. */
static inline uint32_t sim_pool_index_of(void *record)
{
    return sim_pool_header_of(record)->index;
}

static inline uint64_t sim_pool_handle_of(void *record)
{
    const struct sim_pool_header *header = sim_pool_header_of(record);
    return (uint64_t)header->generation << 32 | header->index;
}

/* The same by index. */
static inline uint32_t sim_pool_take(struct sim_pool *pool)
{
    return sim_pool_index_of(sim_pool_new(pool));
}

static inline void sim_pool_give(struct sim_pool *pool, uint32_t index)
{
    sim_assert(index != 0 && index < pool->fresh);
    sim_pool_end(pool, sim_pool_header_at(pool, index) + 1);
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
