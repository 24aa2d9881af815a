/* Arena: a list of blocks, each twice as large as the one before up to a bound. */
#include "base/arena.h"

#include <string.h>

#include <glib.h>

#include "base/assert.h"
#include "base/pages.h"

#define BLOCK_SIZE_MIN ((size_t)4096)
#define BLOCK_SIZE_MAX ((size_t)1 << 20)
#define ALIGNMENT ((size_t)16)

struct sim_arena_block {
    struct sim_arena_block *older;
    size_t capacity; /* bytes after the header */
    size_t used;
    size_t spare; /* keeps the header a multiple of ALIGNMENT */
};

_Static_assert(sizeof(struct sim_arena_block) % 16 == 0, "records would not be aligned");

static unsigned char *block_bytes(struct sim_arena_block *block)
{
    return (unsigned char *)(block + 1);
}

static struct sim_arena_block *block_new(size_t capacity)
{
    struct sim_arena_block *block = g_malloc0(sizeof(*block) + capacity);
    sim_pages_large(block, sizeof(*block) + capacity);
    block->capacity = capacity;
    return block;
}

/* Makes room for `size` bytes in the newest block. A request that is large against the usual block
 * gets one of its own, behind the newest, whose free rest then stays in use. */
static struct sim_arena_block *block_for(struct sim_arena *arena, size_t size)
{
    struct sim_arena_block *newest = arena->newest;
    if (newest != NULL && newest->capacity - newest->used >= size) {
        return newest;
    }
    size_t usual = newest == NULL ? BLOCK_SIZE_MIN : newest->capacity * 2;
    usual = usual > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : usual;
    if (newest != NULL && size > usual / 4) {
        struct sim_arena_block *own = block_new(size);
        own->older = newest->older;
        newest->older = own;
        return own;
    }
    struct sim_arena_block *block = block_new(size > usual ? size : usual);
    block->older = newest;
    arena->newest = block;
    return block;
}

void sim_arena_init(struct sim_arena *arena)
{
    *arena = (struct sim_arena){0};
}

void sim_arena_clear(struct sim_arena *arena)
{
    struct sim_arena_block *block = arena->newest;
    while (block != NULL) {
        struct sim_arena_block *older = block->older;
        g_free(block);
        block = older;
    }
    *arena = (struct sim_arena){0};
}

void *sim_arena_alloc(struct sim_arena *arena, size_t size)
{
    sim_assert(size <= PTRDIFF_MAX);
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    rounded = rounded == 0 ? ALIGNMENT : rounded; /* distinct pointers, even for nothing */
    struct sim_arena_block *block = block_for(arena, rounded);
    void *bytes = block_bytes(block) + block->used;
    block->used += rounded;
    arena->used_bytes += rounded;
    return bytes;
}

void *sim_arena_alloc_array(struct sim_arena *arena, size_t count, size_t size)
{
    sim_assert(size == 0 || count <= (size_t)PTRDIFF_MAX / size);
    return sim_arena_alloc(arena, count * size);
}

char *sim_arena_strdup(struct sim_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sim_arena_alloc(arena, size);
    memcpy(copy, text, size);
    return copy;
}
