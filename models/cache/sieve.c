/* SIEVE: FIFO with a hand that clears bits where it passes and moves nothing.
 *
 * A hit sets a bit. The hand walks from the oldest object to the youngest and clears the bits it
 * finds set; the first object without goes, and the hand stays at the next one. Past the youngest
 * it starts at the oldest again. What survives stays where it is, so that new objects are looked at
 * soon and old popular ones seldom.
 *
 * Zhang, Yang, Yue, Vigfusson, Rashmi, "SIEVE is simpler than LRU", NSDI 2024, algorithm 1.
 */
#include "cache/eviction.h"
#include "object_list.h"

struct sieve {
    struct sim_object_list queue;
    uint32_t hand; /* the object to look at next; 0 = the oldest */
};

static void sieve_hit(void *state, struct sim_object_table *objects, uint32_t object)
{
    (void)state;
    sim_object_at(objects, object)->tag = 1;
}

static bool sieve_insert(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct sieve *sieve = state;
    sim_object_list_add(&sieve->queue, objects, object);
    return true;
}

static void sieve_remove(void *state, struct sim_object_table *objects, uint32_t object)
{
    struct sieve *sieve = state;
    if (sieve->hand == object) {
        sieve->hand = sim_object_at(objects, object)->younger;
    }
    sim_object_list_remove(&sieve->queue, objects, object);
}

static uint32_t sieve_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct sieve *sieve = state;
    (void)arriving;
    for (;;) {
        if (sieve->hand == 0) {
            sieve->hand = sieve->queue.oldest;
        }
        uint32_t index = sieve->hand;
        struct sim_object *object = sim_object_at(objects, index);
        if (object->tag == 0) {
            sieve_remove(state, objects, index);
            return index;
        }
        object->tag = 0;
        sieve->hand = object->younger;
    }
}

static uint32_t sieve_next(const void *state, const struct sim_object_table *objects,
                           uint32_t object)
{
    const struct sieve *sieve = state;
    return sim_object_list_next(&sieve->queue, objects, object);
}

const struct sim_eviction_policy sim_eviction_sieve = {
    .name = "sieve",
    .help = "a hand walks from old to young and evicts the first object not hit since it passed",
    .state_size = sizeof(struct sieve),
    .hit = sieve_hit,
    .insert = sieve_insert,
    .evict = sieve_evict,
    .remove = sieve_remove,
    .next = sieve_next,
};
