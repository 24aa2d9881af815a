/* 2Q: a FIFO queue through which everything must pass, and an LRU queue of what came back.
 *
 * New objects enter a FIFO queue (A1in in the paper), where hits change nothing. What it gives up
 * leaves, but its key is remembered in a queue of ghosts (A1out). An object that comes back while
 * it is a ghost has been asked for over a longer time and enters the main queue (Am), which is LRU.
 * The FIFO queue gives up its oldest while it holds more than a quarter of the capacity, otherwise
 * the main queue does, without a ghost. The ghosts weigh half the capacity at most.
 *
 * Johnson and Shasha, "2Q: a low overhead high performance buffer management replacement
 * algorithm", VLDB 1994, section 3.2 (full version), with the sizes that section recommends.
 */
#include "cache/eviction.h"
#include "object_list.h"

/* Tag of an object: where it is. An arriving object has IN_FIFO or, if it was a ghost, IN_MAIN. */
enum { IN_FIFO, IN_MAIN };

struct twoq {
    struct sim_object_list fifo, main, ghosts;
    uint64_t fifo_max, ghosts_max;
};

static void twoq_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct twoq *twoq = state;
    (void)size_max;
    twoq->fifo_max = setup->capacity / 4;
    twoq->ghosts_max = setup->capacity / 2;
}

static void twoq_hit(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct twoq *twoq = state;
    if (sim_object_at(objects, index)->tag == IN_MAIN) {
        sim_object_list_renew(&twoq->main, objects, index);
    }
}

static bool twoq_arrive(void *state, struct sim_object_table *objects, uint32_t index,
                        uint64_t size)
{
    struct twoq *twoq = state;
    struct sim_object *object = sim_object_at(objects, index);
    (void)size;
    if (object->state == SIM_OBJECT_GHOST) {
        sim_object_list_remove(&twoq->ghosts, objects, index);
        object->tag = IN_MAIN;
    }
    return true;
}

static struct sim_object_list *queue_of(struct twoq *twoq, const struct sim_object *object)
{
    return object->tag == IN_MAIN ? &twoq->main : &twoq->fifo;
}

static bool twoq_insert(void *state, struct sim_object_table *objects, uint32_t index)
{
    sim_object_list_add(queue_of(state, sim_object_at(objects, index)), objects, index);
    return true;
}

/* Makes a ghost of an object that has left the FIFO queue, in place of the oldest ones; one that is
 * heavier than all of them may be is forgotten. */
static void remember(struct twoq *twoq, struct sim_object_table *objects, uint32_t index)
{
    struct sim_object *object = sim_object_at(objects, index);
    uint64_t weight = sim_object_weight(objects, object->size);
    while (twoq->ghosts.count > 0 &&
           sim_object_list_weight(&twoq->ghosts, objects) + weight > twoq->ghosts_max) {
        sim_object_table_drop(objects, sim_object_list_take_oldest(&twoq->ghosts, objects));
    }
    if (weight <= twoq->ghosts_max) {
        object->state = SIM_OBJECT_GHOST;
        sim_object_list_add(&twoq->ghosts, objects, index);
    }
}

static uint32_t twoq_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct twoq *twoq = state;
    (void)arriving;
    if (sim_object_list_weight(&twoq->fifo, objects) <= twoq->fifo_max && twoq->main.count > 0) {
        return sim_object_list_take_oldest(&twoq->main, objects);
    }
    uint32_t victim = sim_object_list_take_oldest(&twoq->fifo, objects);
    remember(twoq, objects, victim);
    return victim;
}

static void twoq_remove(void *state, struct sim_object_table *objects, uint32_t index)
{
    sim_object_list_remove(queue_of(state, sim_object_at(objects, index)), objects, index);
}

static uint32_t twoq_next(const void *state, const struct sim_object_table *objects, uint32_t index)
{
    const struct twoq *twoq = state;
    uint32_t next = sim_object_list_next(&twoq->fifo, objects, index);
    bool is_in_main = index != 0 && sim_object_at(objects, index)->tag == IN_MAIN;
    return next == 0 && !is_in_main ? twoq->main.oldest : next;
}

const struct sim_eviction_policy sim_eviction_twoq = {
    .name = "twoq",
    .help = "a FIFO queue for the new, an LRU queue for what comes back after that",
    .state_size = sizeof(struct twoq),
    .hit_relinks = true,
    .init = twoq_init,
    .hit = twoq_hit,
    .arrive = twoq_arrive,
    .insert = twoq_insert,
    .evict = twoq_evict,
    .remove = twoq_remove,
    .next = twoq_next,
};
