/* ARC, the adaptive replacement cache: two LRU queues whose shares follow the requests.
 *
 * One queue holds objects that were accessed once (T1 in the paper), the other those accessed again
 * (T2); each remembers the keys it has given up, as ghosts (B1, B2). An object that comes back
 * while it is a ghost shows that its queue was too short: the target, which is the share of T1,
 * moves towards it, by the size of the other ghost queue over that of its own and by 1 at least;
 * and the object enters T2. T1 gives up its oldest while it exceeds the target, otherwise T2 does.
 * T1 and B1 together hold the capacity at most, all four twice that.
 *
 * Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003, figure 4. The
 * steps are real numbers. Where the capacity is counted in bytes, so are queues and target.
 */
#include "cache/eviction.h"
#include "object_list.h"

/* Index of a queue and of its ghosts; tag of a cached object and of a ghost. */
enum { ONCE, AGAIN, QUEUES };

/* Tag of an arriving object that was a ghost: this plus its queue. */
enum { RETURNED = 2 };

struct arc {
    struct sim_object_list cached[QUEUES]; /* T1, T2 */
    struct sim_object_list ghosts[QUEUES]; /* B1, B2 */
    double target;                         /* what `cached[ONCE]` is meant to hold */
    uint64_t capacity;
};

static void arc_init(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max)
{
    struct arc *arc = state;
    (void)size_max;
    arc->capacity = setup->capacity;
}

static uint64_t weight_of(const struct sim_object_list *list,
                          const struct sim_object_table *objects)
{
    return sim_object_list_weight(list, objects);
}

static void arc_hit(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct arc *arc = state;
    struct sim_object *object = sim_object_at(objects, index);
    if (object->tag == AGAIN) {
        sim_object_list_renew(&arc->cached[AGAIN], objects, index);
        return;
    }
    sim_object_list_remove(&arc->cached[ONCE], objects, index);
    object->tag = AGAIN;
    sim_object_list_add(&arc->cached[AGAIN], objects, index);
}

/* Moves the target, as a ghost of `queue` has come back (cases II and III). */
static void adapt(struct arc *arc, const struct sim_object_table *objects, uint32_t queue)
{
    uint64_t own = weight_of(&arc->ghosts[queue], objects);
    uint64_t other = weight_of(&arc->ghosts[queue == ONCE ? AGAIN : ONCE], objects);
    double step = other > own && own > 0 ? (double)other / (double)own : 1;
    double capacity = (double)arc->capacity;
    if (queue == ONCE) {
        arc->target = arc->target + step < capacity ? arc->target + step : capacity;
    } else {
        arc->target = arc->target > step ? arc->target - step : 0;
    }
}

static bool arc_arrive(void *state, struct sim_object_table *objects, uint32_t index, uint64_t size)
{
    struct arc *arc = state;
    struct sim_object *object = sim_object_at(objects, index);
    (void)size;
    if (object->state == SIM_OBJECT_GHOST) {
        adapt(arc, objects, object->tag);
        sim_object_list_remove(&arc->ghosts[object->tag], objects, index);
        object->tag += RETURNED;
    }
    return true;
}

static bool arc_insert(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct arc *arc = state;
    struct sim_object *object = sim_object_at(objects, index);
    object->tag = object->tag >= RETURNED ? AGAIN : ONCE;
    sim_object_list_add(&arc->cached[object->tag], objects, index);
    return true;
}

static void forget_oldest(struct arc *arc, struct sim_object_table *objects, uint32_t queue)
{
    sim_object_table_drop(objects, sim_object_list_take_oldest(&arc->ghosts[queue], objects));
}

/* Evicts one object and keeps it as a ghost (REPLACE). */
static uint32_t replace(struct arc *arc, struct sim_object_table *objects, uint32_t arriving)
{
    double once = (double)weight_of(&arc->cached[ONCE], objects);
    bool is_from_again = sim_object_at(objects, arriving)->tag == RETURNED + AGAIN;
    bool is_over = once > arc->target || (is_from_again && once >= arc->target);
    uint32_t queue = (once > 0 && is_over) || arc->cached[AGAIN].count == 0 ? ONCE : AGAIN;
    uint32_t victim = sim_object_list_take_oldest(&arc->cached[queue], objects);
    sim_object_at(objects, victim)->state = SIM_OBJECT_GHOST;
    sim_object_list_add(&arc->ghosts[queue], objects, victim);
    return victim;
}

static uint32_t arc_evict(void *state, struct sim_object_table *objects, uint32_t arriving)
{
    struct arc *arc = state;
    const struct sim_object *object = sim_object_at(objects, arriving);
    if (object->tag >= RETURNED) {
        return replace(arc, objects, arriving);
    }
    uint64_t once = weight_of(&arc->cached[ONCE], objects) + weight_of(&arc->ghosts[ONCE], objects);
    uint64_t again =
        weight_of(&arc->cached[AGAIN], objects) + weight_of(&arc->ghosts[AGAIN], objects);
    if (once + sim_object_weight(objects, object->size) > arc->capacity) { /* case IV A */
        if (arc->ghosts[ONCE].count == 0) {
            return sim_object_list_take_oldest(&arc->cached[ONCE], objects);
        }
        forget_oldest(arc, objects, ONCE);
    } else if (once + again >= 2 * arc->capacity && arc->ghosts[AGAIN].count > 0) { /* case IV B */
        forget_oldest(arc, objects, AGAIN);
    }
    return replace(arc, objects, arriving);
}

static void arc_remove(void *state, struct sim_object_table *objects, uint32_t index)
{
    struct arc *arc = state;
    sim_object_list_remove(&arc->cached[sim_object_at(objects, index)->tag], objects, index);
}

static uint32_t arc_next(const void *state, const struct sim_object_table *objects, uint32_t index)
{
    const struct arc *arc = state;
    uint32_t queue = index == 0 ? ONCE : sim_object_at(objects, index)->tag;
    uint32_t next = sim_object_list_next(&arc->cached[queue], objects, index);
    return next == 0 && queue == ONCE ? arc->cached[AGAIN].oldest : next;
}

const struct sim_eviction_policy sim_eviction_arc = {
    .name = "arc",
    .help = "two LRU queues, accessed once and again, whose shares follow what comes back",
    .state_size = sizeof(struct arc),
    .hit_relinks = true,
    .init = arc_init,
    .hit = arc_hit,
    .arrive = arc_arrive,
    .insert = arc_insert,
    .evict = arc_evict,
    .remove = arc_remove,
    .next = arc_next,
};
