/* Chunks of events: taken from slabs, given back to a list of free ones. */
#ifndef BRINK_ENGINE_QUEUE_CHUNKS_H
#define BRINK_ENGINE_QUEUE_CHUNKS_H

#include <stdint.h>

#include <glib.h>

#include "engine/queue.h"

#define SLAB_CHUNKS 64u

static inline struct sim_queue_chunk *chunk_take(struct sim_queue *queue)
{
    struct sim_queue_chunk *chunk = queue->free_chunks;
    if (chunk != NULL) {
        queue->free_chunks = chunk->next;
    } else {
        if (queue->slab_fresh == 0) {
            queue->slabs = g_renew(struct sim_queue_chunk *, queue->slabs, queue->slab_count + 1);
            queue->slabs[queue->slab_count++] = g_aligned_alloc(SLAB_CHUNKS, sizeof *chunk, 64);
            queue->slab_fresh = SLAB_CHUNKS;
        }
        chunk = queue->slabs[queue->slab_count - 1] + (SLAB_CHUNKS - queue->slab_fresh--);
    }
    chunk->next = NULL;
    return chunk;
}

static inline void chunk_give(struct sim_queue *queue, struct sim_queue_chunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

static inline void chunks_give(struct sim_queue *queue, struct sim_queue_chunk *first)
{
    while (first != NULL) {
        struct sim_queue_chunk *next = first->next;
        chunk_give(queue, first);
        first = next;
    }
}

/* Events in a chunk of a bucket (also of a detached one): the last one is counted by the cursor. */
static inline uint64_t chunk_count(const struct sim_queue_bucket *bucket,
                                   const struct sim_queue_chunk *chunk)
{
    return chunk->next == NULL ? (uint64_t)(bucket->cursor - chunk->events) : chunk->count;
}

/* The last chunk of a bucket, from the end of its events. */
static inline struct sim_queue_chunk *chunk_of_end(struct sim_event *end)
{
    return (struct sim_queue_chunk *)(void *)end - 1;
}

#endif
