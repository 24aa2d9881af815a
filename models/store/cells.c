/* Cells: open addressing with linear probing over an array that only grows. */
#include "store/cells.h"

#include <stdlib.h>

#define SLOTS_FIRST 64u

static void *resized(void *block, size_t count, size_t size)
{
    void *memory = realloc(block, count * size);
    sim_assert(memory != NULL); /* out of memory ends the process */
    return memory;
}

void cells_init(struct cells *cells)
{
    *cells = (struct cells){.mask = SLOTS_FIRST - 1, .capacity = SLOTS_FIRST / 2};
    cells->cells = resized(NULL, cells->capacity, sizeof *cells->cells);
    cells->slots = calloc(SLOTS_FIRST, sizeof *cells->slots);
    sim_assert(cells->slots != NULL);
}

void cells_clear(struct cells *cells)
{
    free(cells->cells);
    free(cells->slots);
    *cells = (struct cells){0};
}

/* The slot that holds the key, or the empty one where it would go. */
static uint32_t *slot_of(const struct cells *cells, uint64_t key)
{
    uint64_t at = sim_hash_pair(key, 0);
    for (;; at++) {
        uint32_t *slot = &cells->slots[at & cells->mask];
        if (*slot == 0 || cells->cells[*slot - 1].key == key) {
            return slot;
        }
    }
}

static void grow(struct cells *cells)
{
    cells->capacity *= 2;
    cells->mask = 2 * cells->mask + 1;
    cells->cells = resized(cells->cells, cells->capacity, sizeof *cells->cells);
    free(cells->slots);
    cells->slots = calloc((size_t)cells->mask + 1, sizeof *cells->slots);
    sim_assert(cells->slots != NULL);
    for (uint32_t i = 0; i < cells->count; i++) {
        *slot_of(cells, cells->cells[i].key) = i + 1;
    }
}

struct cell *cells_find(const struct cells *cells, uint64_t key)
{
    uint32_t slot = *slot_of(cells, key);
    return slot == 0 ? NULL : &cells->cells[slot - 1];
}

struct cell *cells_put(struct cells *cells, uint64_t key)
{
    uint32_t *slot = slot_of(cells, key);
    if (*slot == 0) {
        if (cells->count == cells->capacity) {
            grow(cells);
            slot = slot_of(cells, key);
        }
        cells->cells[cells->count] = (struct cell){.key = key};
        *slot = ++cells->count;
    }
    return &cells->cells[*slot - 1];
}

void cells_say(const struct cells *cells, sim_contents_say *say, void *data)
{
    for (uint32_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        say(data, cell->key, cell->version, cell->value, cell->is_deleted);
    }
}

void cells_expect(const struct cells *cells, uint64_t key)
{
    __builtin_prefetch(&cells->slots[sim_hash_pair(key, 0) & cells->mask]);
}

void cells_expect_cell(const struct cells *cells, uint64_t key)
{
    uint32_t slot = cells->slots[sim_hash_pair(key, 0) & cells->mask];
    if (slot != 0) {
        __builtin_prefetch(&cells->cells[slot - 1]);
    }
}
