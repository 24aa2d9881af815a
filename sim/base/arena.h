/* Arena: memory that lives as long as one run, handed out in order and freed in one go.
 *
 * Out of memory ends the process (as everywhere in brink); a byte limit, counted here, is what
 * keeps an untrusted scenario from reaching that point.
 */
#ifndef BRINK_BASE_ARENA_H
#define BRINK_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct sim_arena_block;

struct sim_arena {
    struct sim_arena_block *newest; /* block that allocations come from; older ones hang off it */
    size_t used_bytes;              /* handed out, over all blocks */
};

void sim_arena_init(struct sim_arena *arena);
/* Frees everything; the arena is then as after sim_arena_init. */
void sim_arena_clear(struct sim_arena *arena);

/* `size` zeroed bytes, aligned to 16; size 0 gives a valid pointer. */
void *sim_arena_alloc(struct sim_arena *arena, size_t size);
/* Room for `count` records of `size` bytes; asserts that the product is a size at all. */
void *sim_arena_alloc_array(struct sim_arena *arena, size_t count, size_t size);
/* A copy of `text`; the arena owns it. */
char *sim_arena_strdup(struct sim_arena *arena, const char *text);

#define sim_arena_new(arena, type) ((type *)sim_arena_alloc((arena), sizeof(type)))
#define sim_arena_array(arena, type, count)                                                        \
    ((type *)sim_arena_alloc_array((arena), (size_t)(count), sizeof(type)))

#endif
