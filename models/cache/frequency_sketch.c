/* The counters of frequency_sketch.h: 4 bits each, sixteen to a word, two words to a row. */
#include "cache/frequency_sketch.h"

#include <string.h>

#define ROWS 4u
#define OBJECTS_PER_BLOCK 8u /* a row of a block has 32 counters */
#define OBJECTS_MIN 64u
#define COUNT_MAX 15u
#define SAMPLE_FACTOR 10u /* keys seen between halvings, for each object */

struct frequency_block {
    uint64_t rows[ROWS][2];
};

/* Where a key has its counters: the low bits of its hash choose the block, so that growth by
 * doubling can copy; the highest four groups of five bits a counter in each row. */
static uint64_t hash_of(uint64_t key)
{
    return sim_splitmix64(&key);
}

static struct frequency_block *block_of(const struct sim_frequency_sketch *sketch, uint64_t hash)
{
    return &sketch->blocks[hash & (sketch->block_count - 1)];
}

static uint64_t *word_of(struct frequency_block *block, uint64_t hash, uint32_t row)
{
    return &block->rows[row][hash >> (44 + 5 * row) & 1];
}

static uint32_t shift_of(uint64_t hash, uint32_t row)
{
    return 4 * (uint32_t)(hash >> (45 + 5 * row) & 15);
}

static uint32_t least_of(struct frequency_block *block, uint64_t hash)
{
    uint32_t least = COUNT_MAX;
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t count = (uint32_t)(*word_of(block, hash, row) >> shift_of(hash, row)) & COUNT_MAX;
        least = count < least ? count : least;
    }
    return least;
}

static void halve(struct sim_frequency_sketch *sketch)
{
    for (uint32_t b = 0; b < sketch->block_count; b++) {
        for (uint32_t row = 0; row < ROWS; row++) {
            uint64_t *words = sketch->blocks[b].rows[row];
            words[0] = words[0] >> 1 & UINT64_C(0x7777777777777777);
            words[1] = words[1] >> 1 & UINT64_C(0x7777777777777777);
        }
    }
    sketch->seen_count /= 2;
}

void sim_frequency_sketch_init(struct sim_frequency_sketch *sketch, struct sim_arena *arena)
{
    uint32_t block_count = OBJECTS_MIN / OBJECTS_PER_BLOCK;
    *sketch = (struct sim_frequency_sketch){
        .arena = arena,
        .blocks = sim_eviction_grow(arena, NULL, sizeof(struct frequency_block), 0, block_count),
        .block_count = block_count,
        .object_count = 1,
    };
}

void sim_frequency_sketch_clear(struct sim_frequency_sketch *sketch)
{
    sim_eviction_release(sketch->arena, sketch->blocks);
    sketch->blocks = NULL;
}

size_t sim_frequency_sketch_bytes(const struct sim_frequency_sketch *sketch)
{
    return sketch->block_count * sizeof(struct frequency_block);
}

void sim_frequency_sketch_fit(struct sim_frequency_sketch *sketch, uint64_t object_count)
{
    if (object_count <= sketch->object_count) {
        return;
    }
    sketch->object_count = object_count;
    while ((uint64_t)sketch->block_count * OBJECTS_PER_BLOCK < object_count) {
        uint32_t count = sketch->block_count;
        sketch->blocks =
            sim_eviction_grow(sketch->arena, sketch->blocks, sizeof(struct frequency_block), count,
                              (size_t)2 * count);
        memcpy(sketch->blocks + count, sketch->blocks, count * sizeof(struct frequency_block));
        sketch->block_count = 2 * count;
    }
}

void sim_frequency_sketch_add(struct sim_frequency_sketch *sketch, uint64_t key)
{
    uint64_t hash = hash_of(key);
    struct frequency_block *block = block_of(sketch, hash);
    uint32_t least = least_of(block, hash);
    for (uint32_t row = 0; row < ROWS && least < COUNT_MAX; row++) {
        uint64_t *word = word_of(block, hash, row);
        uint32_t shift = shift_of(hash, row);
        bool is_least = ((uint32_t)(*word >> shift) & COUNT_MAX) == least;
        *word += (uint64_t)is_least << shift;
    }
    sketch->seen_count++;
    if (sketch->seen_count >= SAMPLE_FACTOR * sketch->object_count) {
        halve(sketch);
    }
}

uint32_t sim_frequency_sketch_estimate(const struct sim_frequency_sketch *sketch, uint64_t key)
{
    uint64_t hash = hash_of(key);
    return least_of(block_of(sketch, hash), hash);
}
