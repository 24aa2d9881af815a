/* S3-FIFO: three FIFO queues, so that what is asked for once leaves soon and silently.
 *
 * A tenth of the capacity is a small queue that new objects enter, the rest is the main queue. A
 * hit adds 1 to an object's count and moves nothing. The oldest object of the small queue moves to
 * main when it was hit twice or more; otherwise it leaves, and its key is remembered in a queue of
 * ghosts. The oldest object of main that was hit goes round again with its count (at most 3) less
 * one; one without leaves. An object that comes back while it is a ghost enters main at once.
 *
 * Main gives up an object while it exceeds its share, or when the small queue is empty; otherwise
 * the small queue does. The ghosts' sizes add up to nine tenths of the capacity at most.
 *
 * An object must be smaller than the small queue: of objects counted by number the policy needs
 * room for 20, or it keeps none.
 *
 * Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023,
 * section 4 and algorithm 1, with the sizes of its authors' simulator, libCacheSim.
 */
#include "cache/eviction.h"
#include "object_list.h"

#define COUNT_MAX 3u  /* hits that are told apart */
#define PROMOTION 2u  /* hits in the small queue that lead to main */
#define COUNT_STEP 2u /* one hit in a tag */
#define IN_MAIN 1u    /* the bit of a tag that says: in main, or on its way there */

struct s3fifo {
    struct sim_object_list small;
    struct sim_object_list main;
    struct sim_object_list ghosts;
    uint64_t small_max;
    uint64_t main_max;
    uint64_t ghosts_max;
};

static void s3fifo_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct s3fifo *s3fifo = state;
    uint64_t capacity = setup->capacity;
    s3fifo->small_max = capacity / 10;
    s3fifo->main_max = capacity - s3fifo->small_max;
    s3fifo->ghosts_max = capacity / 10 * 9 + capacity % 10 * 9 / 10;
    *size_max = s3fifo->small_max;
}

static struct sim_object_list *queue_of(struct s3fifo *s3fifo, const struct sim_object *object)
{
    return (object->tag & IN_MAIN) != 0 ? &s3fifo->main : &s3fifo->small;
}

static uint32_t hits(const struct sim_object *object)
{
    return object->tag / COUNT_STEP;
}

static void s3fifo_hit(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct sim_object *object = sim_object_at(objects, index);
    (void)state;
    if (hits(object) < COUNT_MAX) {
        object->tag += COUNT_STEP;
    }
}

static bool s3fifo_arrive(void *state, struct sim_object_table *objects, uint32_t index,
                          uint64_t size)
{
    struct s3fifo *s3fifo = state;
    struct sim_object *object = sim_object_at(objects, index);
    (void)size;
    if (object->state == SIM_OBJECT_GHOST) {
        sim_object_list_remove(&s3fifo->ghosts, objects, index);
        object->tag = IN_MAIN;
    }
    return true;
}

static bool s3fifo_insert(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct s3fifo *s3fifo = state;
    const struct sim_object *object = sim_object_at(objects, index);
    if ((object->tag & IN_MAIN) == 0 &&
        sim_object_weight(objects, object->size) >= s3fifo->small_max) {
        return false;
    }
    sim_object_list_add(queue_of(s3fifo, object), objects, index);
    return true;
}

static uint32_t evict_from_main(struct s3fifo *s3fifo, struct sim_object_table *objects)
{
    for (;;) {
        uint32_t index = s3fifo->main.oldest;
        struct sim_object *object = sim_object_at(objects, index);
        if (hits(object) == 0) {
            return sim_object_list_take_oldest(&s3fifo->main, objects);
        }
        object->tag -= COUNT_STEP;
        sim_object_list_renew(&s3fifo->main, objects, index);
    }
}

/* Makes a ghost of an object in no queue. It was in the small queue, so it is small enough. */
static void remember(struct s3fifo *s3fifo, struct sim_object_table *objects, uint32_t index)
{
    struct sim_object *object = sim_object_at(objects, index);
    uint64_t weight = sim_object_weight(objects, object->size);
    while (sim_object_list_weight(&s3fifo->ghosts, objects) + weight > s3fifo->ghosts_max) {
        sim_object_table_drop(objects, sim_object_list_take_oldest(&s3fifo->ghosts, objects));
    }
    object->state = SIM_OBJECT_GHOST;
    sim_object_list_add(&s3fifo->ghosts, objects, index);
}

/* 0 when all of them have moved to main. */
static uint32_t evict_from_small(struct s3fifo *s3fifo, struct sim_object_table *objects)
{
    uint32_t index;
    while ((index = sim_object_list_take_oldest(&s3fifo->small, objects)) != 0) {
        struct sim_object *object = sim_object_at(objects, index);
        if (hits(object) < PROMOTION) {
            remember(s3fifo, objects, index);
            break;
        }
        object->tag = IN_MAIN;
        sim_object_list_add(&s3fifo->main, objects, index);
    }
    return index;
}

static uint32_t s3fifo_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct s3fifo *s3fifo = state;
    (void)arriving;
    bool is_main_over = sim_object_list_weight(&s3fifo->main, objects) > s3fifo->main_max;
    return is_main_over || s3fifo->small.count == 0 ? evict_from_main(s3fifo, objects)
                                                    : evict_from_small(s3fifo, objects);
}

static void s3fifo_remove(void *state, struct sim_object_table *objects, uint32_t index)
{
    sim_object_list_remove(queue_of(state, sim_object_at(objects, index)), objects, index);
}

static uint32_t s3fifo_next(const void *state, const struct sim_object_table *objects,
                            uint32_t index)
{
    const struct s3fifo *s3fifo = state;
    uint32_t next = sim_object_list_next(&s3fifo->small, objects, index);
    bool is_in_main = (sim_object_at(objects, index)->tag & IN_MAIN) != 0; /* never of index 0 */
    return next == 0 && !is_in_main ? s3fifo->main.oldest : next;
}

const struct sim_eviction_policy sim_eviction_s3fifo = {
    .name = "s3fifo",
    .help = "a small queue for the new, a main one for what was hit, and a memory of the evicted",
    .state_size = sizeof(struct s3fifo),
    .count_min = 20,
    .init = s3fifo_init,
    .hit = s3fifo_hit,
    .arrive = s3fifo_arrive,
    .insert = s3fifo_insert,
    .evict = s3fifo_evict,
    .remove = s3fifo_remove,
    .next = s3fifo_next,
};
