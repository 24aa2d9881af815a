/* Bodies of messages: pools of records of 8, 16, 32, ... words. */
#include "world/body.h"

#include <string.h>

#define SMALLEST_BITS 3u

_Static_assert(SIM_BODY_WORDS_MAX == 1u << (SMALLEST_BITS + BODY_SIZES - 1), "sizes of bodies");

static uint32_t size_of(uint32_t count)
{
    uint32_t size = 0;
    while (count > 1u << (SMALLEST_BITS + size)) {
        size++;
    }
    return size;
}

void bodies_init(struct sim_world *world)
{
    for (uint32_t size = 0; size < BODY_SIZES; size++) {
        sim_pool_init(&world->bodies[size], sizeof(uint64_t) << (SMALLEST_BITS + size));
    }
}

void bodies_clear(struct sim_world *world)
{
    for (uint32_t size = 0; size < BODY_SIZES; size++) {
        sim_pool_clear(&world->bodies[size]);
    }
}

uint32_t body_new(struct sim_world *world, const uint64_t *words, uint32_t count)
{
    sim_assert(count >= 1 && count <= SIM_BODY_WORDS_MAX);
    struct sim_pool *pool = &world->bodies[size_of(count)];
    uint32_t body = sim_pool_take(pool);
    memcpy(sim_pool_at(pool, body), words, count * sizeof *words);
    return body;
}

const uint64_t *body_words(const struct sim_world *world, uint32_t body, uint32_t count)
{
    return sim_pool_at(&world->bodies[size_of(count)], body);
}

void body_end(struct sim_world *world, uint32_t body, uint32_t count)
{
    sim_pool_give(&world->bodies[size_of(count)], body);
}
