/* The yardstick: a plain binary heap of 32-byte entries ordered by (time, sequence), as a textbook
 * has it and as a good C programmer writes it: one array, holes instead of swaps. */
#ifndef BRINK_TESTS_BENCH_HEAP_H
#define BRINK_TESTS_BENCH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct bench_heap_entry {
    int64_t time;
    uint64_t sequence;
    uint64_t payload;
    uint32_t node;
    uint32_t kind;
};

struct bench_heap {
    struct bench_heap_entry *entries;
    size_t count;
    size_t room;
    uint64_t sequence;
};

static inline bool bench_heap_is_before(const struct bench_heap_entry *a,
                                        const struct bench_heap_entry *b)
{
    return a->time < b->time || (a->time == b->time && a->sequence < b->sequence);
}

static inline void bench_heap_push(struct bench_heap *heap, int64_t time, uint32_t node,
                                   uint32_t kind, uint64_t payload)
{
    if (heap->count == heap->room) {
        heap->room = heap->room == 0 ? 64 : 2 * heap->room;
        heap->entries = realloc(heap->entries, heap->room * sizeof *heap->entries);
        if (heap->entries == NULL) {
            abort();
        }
    }
    struct bench_heap_entry entry = {
        .time = time, .sequence = heap->sequence++, .payload = payload, .node = node, .kind = kind};
    size_t hole = heap->count++;
    while (hole > 0) {
        size_t parent = (hole - 1) / 2;
        if (!bench_heap_is_before(&entry, &heap->entries[parent])) {
            break;
        }
        heap->entries[hole] = heap->entries[parent];
        hole = parent;
    }
    heap->entries[hole] = entry;
}

static inline bool bench_heap_pop(struct bench_heap *heap, struct bench_heap_entry *ret_entry)
{
    if (heap->count == 0) {
        return false;
    }
    *ret_entry = heap->entries[0];
    struct bench_heap_entry last = heap->entries[--heap->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count &&
            bench_heap_is_before(&heap->entries[child + 1], &heap->entries[child])) {
            child++;
        }
        if (!bench_heap_is_before(&heap->entries[child], &last)) {
            break;
        }
        heap->entries[hole] = heap->entries[child];
        hole = child;
    }
    heap->entries[hole] = last;
    return true;
}

#endif
