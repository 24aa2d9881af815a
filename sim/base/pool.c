/* Pool: chunks of records that never move, a free list threaded through their headers. */
#include "base/pool.h"

#include <glib.h>

#define RECORD_ALIGNMENT ((size_t)16)

void sim_pool_init(struct sim_pool *pool, size_t record_size)
{
    size_t size = sizeof(struct sim_pool_header) + record_size;
    size = (size + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    sim_assert(size <= UINT32_MAX / SIM_POOL_CHUNK_COUNT);
    *pool = (struct sim_pool){.record_size = (uint32_t)size, .fresh = 1};
}

void sim_pool_set_apart(struct sim_pool *pool, uint32_t salt)
{
    sim_assert(pool->fresh == 1);
    /* By the golden ratio: neighbours begin far from one another (Knuth, volume 3, section 6.4). */
    pool->generation = (salt * 2654435769u) & ~1u;
}

void sim_pool_clear(struct sim_pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++) {
        g_free(pool->chunks[i]);
    }
    g_free(pool->chunks);
    *pool = (struct sim_pool){0};
}

static void add_chunk(struct sim_pool *pool)
{
    if (pool->chunk_count == pool->chunk_capacity) {
        pool->chunk_capacity = pool->chunk_capacity == 0 ? 4 : pool->chunk_capacity * 2;
        pool->chunks = g_renew(unsigned char *, pool->chunks, pool->chunk_capacity);
    }
    pool->chunks[pool->chunk_count] = g_malloc0_n(SIM_POOL_CHUNK_COUNT, pool->record_size);
    pool->chunk_count++;
}

struct sim_pool_header *sim_pool_take_fresh(struct sim_pool *pool)
{
    uint32_t index = pool->fresh;
    sim_assert(index != UINT32_MAX); /* four thousand million records at once */
    if (index >> SIM_POOL_CHUNK_BITS == pool->chunk_count) {
        add_chunk(pool);
    }
    pool->fresh++;
    struct sim_pool_header *header = sim_pool_header_at(pool, index);
    header->generation = pool->generation;
    header->index = index;
    return header;
}
