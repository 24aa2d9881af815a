/* Cells: the keys of a store with what was written to each last; a hash table in memory.
 *
 * A key that was never written has no cell. Found by key alone and walked by nobody but in the
 * order of first writing (cells_at), so that no result depends on the hash.
 */
#ifndef BRINK_MODELS_STORE_CELLS_H
#define BRINK_MODELS_STORE_CELLS_H

#include "sim.h"

struct cell {
    uint64_t key;
    uint64_t value;
    uint64_t version;
    bool is_deleted;
};

struct cells {
    struct cell *cells; /* in the order in which their keys were first written */
    uint32_t *slots;    /* index + 1 into them, 0 = none; at most half full */
    uint32_t count, capacity;
    uint32_t mask; /* of the slots */
};

void cells_init(struct cells *cells);
void cells_clear(struct cells *cells);
/* NULL where the key was never written. Pointers hold until a cell is added. */
struct cell *cells_find(const struct cells *cells, uint64_t key);
/* The cell of a key, made with version 0 where there was none. */
struct cell *cells_put(struct cells *cells, uint64_t key);

/* Says all of them: what the model's `contents` is for. */
void cells_say(const struct cells *cells, sim_contents_say *say, void *data);

/* For speed: the key will be looked up soon; first the slot is fetched, and when that has come, the
 * cell. */
void cells_expect(const struct cells *cells, uint64_t key);
void cells_expect_cell(const struct cells *cells, uint64_t key);

static inline struct cell *cells_at(const struct cells *cells, uint32_t index)
{
    return &cells->cells[index];
}

#endif
