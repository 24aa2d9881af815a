/* A queue of objects, from the oldest to the youngest: the part that eviction policies are made of.
 *
 * The links are in the objects, so an object is in at most one queue at a time, and a queue is four
 * words that a policy embeds: LRU and FIFO are one queue, ARC four, S3-FIFO three. A queue knows
 * how many objects and bytes it holds, since many policies divide the capacity between queues.
 *
 * Link writes that have no neighbour go to record 0, which nobody reads: cheaper than a branch.
 */
#ifndef BRINK_MODELS_OBJECT_LIST_H
#define BRINK_MODELS_OBJECT_LIST_H

#include "object_table.h"

struct sim_object_list {
    uint32_t youngest; /* 0 when empty */
    uint32_t oldest;
    uint32_t count;
    uint64_t bytes;
};

/* What the queue takes of a capacity: its objects or its bytes. */
static inline uint64_t sim_object_list_weight(const struct sim_object_list *list,
                                              const struct sim_object_table *objects)
{
    return objects->is_by_count ? list->count : list->bytes;
}

/* Links `index` in before the youngest; neither count nor bytes change. */
static inline void sim_object_list_link_youngest(struct sim_object_list *list,
                                                 struct sim_object_table *objects, uint32_t index)
{
    struct sim_object *object = sim_object_at(objects, index);
    object->younger = 0;
    object->older = list->youngest;
    sim_object_at(objects, list->youngest)->younger = index;
    list->youngest = index;
    if (list->oldest == 0) {
        list->oldest = index;
    }
}

static inline void sim_object_list_unlink(struct sim_object_list *list,
                                          struct sim_object_table *objects, uint32_t index)
{
    const struct sim_object *object = sim_object_at(objects, index);
    uint32_t younger = object->younger;
    uint32_t older = object->older;
    sim_object_at(objects, younger)->older = older;
    sim_object_at(objects, older)->younger = younger;
    if (younger == 0) {
        list->youngest = older;
    }
    if (older == 0) {
        list->oldest = younger;
    }
}

/* Adds an object that is in no queue, as the youngest. */
static inline void sim_object_list_add(struct sim_object_list *list,
                                       struct sim_object_table *objects, uint32_t index)
{
    sim_object_list_link_youngest(list, objects, index);
    list->count++;
    list->bytes += sim_object_at(objects, index)->size;
}

/* Takes an object out of this queue, from any place. */
static inline void sim_object_list_remove(struct sim_object_list *list,
                                          struct sim_object_table *objects, uint32_t index)
{
    sim_object_list_unlink(list, objects, index);
    list->count--;
    list->bytes -= sim_object_at(objects, index)->size;
}

/* Makes an object of this queue its youngest. */
static inline void sim_object_list_renew(struct sim_object_list *list,
                                         struct sim_object_table *objects, uint32_t index)
{
    if (list->youngest != index) {
        sim_object_list_unlink(list, objects, index);
        sim_object_list_link_youngest(list, objects, index);
    }
}

/* Walks from the oldest: the object after `index`, the oldest after 0, 0 after the youngest. */
static inline uint32_t sim_object_list_next(const struct sim_object_list *list,
                                            const struct sim_object_table *objects, uint32_t index)
{
    return index == 0 ? list->oldest : sim_object_at(objects, index)->younger;
}

/* Takes the oldest out, 0 when the queue is empty. The next to go are known by now and their memory
 * is asked for, since whoever takes one oldest will take the next. */
static inline uint32_t sim_object_list_take_oldest(struct sim_object_list *list,
                                                   struct sim_object_table *objects)
{
    uint32_t index = list->oldest;
    if (index == 0) {
        return 0;
    }
    sim_object_list_remove(list, objects, index);
    const struct sim_object *next = sim_object_at(objects, list->oldest);
    sim_object_prefetch(sim_object_at(objects, next->younger));
    sim_object_prefetch(objects->slots + sim_object_home(objects, sim_object_hash(next->key)));
    return index;
}

#endif
