/* Eviction: a bounded store of objects, and the policies that say which one goes.
 *
 * The store looks up, accounts and enforces the capacity; a policy only keeps its own order. A
 * policy is one file with one vtable and one row in the table below. The rules, which the exact
 * miss counts of the tests rest on:
 *
 *   look-up, hit    the policy's `hit`; the stored size stays as it is
 *   insertion       an object that exceeds size_max is refused; else objects are evicted until
 *                   used + weight <= capacity, then it enters
 *
 * The weight of an object is 1 or its size, as the capacity is counted in objects or bytes.
 *
 * A policy may remember objects that it has evicted (ghosts): they stay in the table, take nothing
 * of the capacity and count as absent. Ghost queues are bounded by the policy itself.
 *
 * Composition. Hooks take their state by pointer and leave accounting to the store, so a policy may
 * embed the states of others, or several of one, and pass hooks on: `evict` of a part says which
 * object the part gives up, and the whole decides whether that one leaves, becomes a ghost or moves
 * to another part.
 */
#ifndef BRINK_MODELS_CACHE_EVICTION_H
#define BRINK_MODELS_CACHE_EVICTION_H

#include "object_table.h"

enum sim_eviction_unit { SIM_EVICTION_OBJECTS, SIM_EVICTION_BYTES };

struct sim_eviction_setup {
    const struct sim_eviction_policy *policy;
    enum sim_eviction_unit unit;
    uint64_t capacity;       /* objects or bytes, at most INT64_MAX; 0 refuses all but empty ones */
    size_t payload_size;     /* bytes kept with every object for the owner, aligned for 64 bits */
    uint32_t count_hint;     /* objects to make room for at once; 0 = grow from little */
    uint64_t seed;           /* for policies that draw random numbers */
    struct sim_arena *arena; /* where the memory comes from, is kept; NULL = the heap */
};

struct sim_eviction_policy {
    const char *name;
    const char *help;
    size_t state_size; /* zeroed before init */

    /* Whether a hit relinks the object: then a replay also fetches its neighbours ahead. */
    bool hit_relinks;

    /* Objects of equal size that there must be room for, or the policy keeps none; 0 = it can keep
     * as many as there is room for. */
    uint32_t count_min;

    /* Called with a zeroed state. Sets *size_max, which is the capacity, to the heaviest object
     * that the policy can take, where that is less. Memory comes from setup->arena, or from the
     * heap and is given back by clear. NULL: nothing to do. */
    void (*init)(void *state, const struct sim_eviction_setup *setup, uint64_t *size_max);
    void (*clear)(void *state);

    /* A look-up found a cached object. NULL: hits change nothing. */
    void (*hit)(void *state, struct sim_object_table *objects, uint32_t object);

    /* An object that is not cached is about to enter, before room is made. It is new, or a ghost
     * (by its state), which the policy then takes out of its queue; what the policy must remember
     * of that goes into the tag. `size` is the new one, object->size still that of the ghost. A
     * ghost that turns out too large is dropped after this. False: the policy refuses the object,
     * and nothing is evicted for it. NULL: neither ghosts nor refusals. */
    bool (*arrive)(void *state, struct sim_object_table *objects, uint32_t object, uint64_t size);

    /* Room is there: takes the arriving object into a queue. False when the policy will not have it
     * after all; then it is dropped and counts as refused. */
    bool (*insert)(void *state, struct sim_object_table *objects, uint32_t object);

    /* Picks a cached object, takes it out of its queue and returns it, or 0 when this call only
     * moved something (it is called again). To keep it as a ghost the policy sets its state to
     * SIM_OBJECT_GHOST and queues it; otherwise the store drops it. `arriving` is the object that
     * room is made for, its size set, in no queue. */
    uint32_t (*evict)(void *state, struct sim_object_table *objects, uint32_t arriving);

    /* Takes a cached object out of its queue: it was removed by its owner. */
    void (*remove)(void *state, struct sim_object_table *objects, uint32_t object);

    /* The cached object after `object` in an order of the policy's own, the first after 0, 0 after
     * the last. Queues run from the next to be evicted. */
    uint32_t (*next)(const void *state, const struct sim_object_table *objects, uint32_t object);

    /* Bytes of the arrays that the policy keeps for itself. NULL: it keeps none. */
    size_t (*memory_bytes)(const void *state);
};

/* The table of policies, a row each, in the order in which they are listed: NAME is what a scenario
 * says, and sim_eviction_NAME the policy of that name. */
#define SIM_EVICTION_TABLE(ROW)                                                                    \
    ROW(fifo)                                                                                      \
    ROW(lru)                                                                                       \
    ROW(lfu)                                                                                       \
    ROW(random)                                                                                    \
    ROW(clock)                                                                                     \
    ROW(sieve)                                                                                     \
    ROW(s3fifo)                                                                                    \
    ROW(arc)                                                                                       \
    ROW(wtinylfu)

#define SIM_EVICTION_DECLARE(name) extern const struct sim_eviction_policy sim_eviction_##name;
SIM_EVICTION_TABLE(SIM_EVICTION_DECLARE)
#undef SIM_EVICTION_DECLARE

/* For copying, and for the tests; not in the table. */
extern const struct sim_eviction_policy sim_eviction_twoq;

/* Their names, NULL at the end. */
extern const char *const sim_eviction_names[];
/* Every policy, NULL at the end. */
extern const struct sim_eviction_policy *const sim_eviction_policies[];
/* The policy called `name`, or NULL. */
const struct sim_eviction_policy *sim_eviction_policy_find(const char *name);

/* For policies that keep arrays of their own: an array of `count` items of `size` bytes that starts
 * with the `old_count` items of `old`, the rest zeroed. `old`, which may be NULL for none, is given
 * back. `arena` is that of the setup; NULL = the heap. */
void *sim_eviction_grow(struct sim_arena *arena, void *old, size_t size, size_t old_count,
                        size_t count);
/* Gives back an array, which may be NULL; nothing to do where an arena will. */
void sim_eviction_release(struct sim_arena *arena, void *array);

/* Told of each object that is evicted for another, before it goes; removals and clearing are not
 * evictions. It may read the object and its payload and calls nothing of the store. */
typedef void (*sim_eviction_evicted)(void *data, struct sim_object *object);

/* Fields are for reading. */
struct sim_eviction {
    const struct sim_eviction_policy *policy;
    void *state;
    struct sim_object_table objects;
    uint64_t capacity;
    uint64_t size_max; /* the heaviest object that is not refused */
    uint64_t used;     /* of the capacity */
    uint64_t count;    /* objects cached, without ghosts */
    uint64_t bytes;    /* their sizes, whatever the unit */
    uint64_t evicted_count;
    uint64_t evicted_bytes;
    uint64_t refused_count;
    sim_eviction_evicted evicted; /* NULL = nobody asks */
    void *evicted_data;
    struct sim_eviction_setup setup;
    uint32_t expected_hash;  /* of the key that sim_eviction_expect was told of last; */
    uint32_t expected_index; /* the object of the one before; perhaps not, or none */
};

struct sim_eviction *sim_eviction_new(const struct sim_eviction_setup *setup);
/* Frees what came from the heap. */
void sim_eviction_free(struct sim_eviction *cache);

/* Keeps `data`. NULL ends it. */
void sim_eviction_on_evicted(struct sim_eviction *cache, sim_eviction_evicted evicted, void *data);

/* The cached object with this key, or NULL. The first is an access, the second tells no policy.
 * A pointer to an object holds until the next insertion; its payload is the caller's to change, its
 * other fields are not. */
struct sim_object *sim_eviction_lookup(struct sim_eviction *cache, uint64_t key);
/* The key will be looked up soon. Fetches its slot; the object in the slot that was fetched the
 * last time, which has come meanwhile; and the neighbours of the object of the time before. Changes
 * nothing that anyone can see. */
void sim_eviction_expect(struct sim_eviction *cache, uint64_t key);
struct sim_object *sim_eviction_peek(const struct sim_eviction *cache, uint64_t key);

/* Inserts an object of `size` bytes, payload zeroed, and evicts until it fits; NULL when it is
 * refused. A cached object with this key goes first, whatever becomes of the new one. */
struct sim_object *sim_eviction_insert(struct sim_eviction *cache, uint64_t key, uint64_t size);

/* False when the key was not cached. */
bool sim_eviction_remove(struct sim_eviction *cache, uint64_t key);

/* Forgets every object and ghost and all that the policy has learnt, as a crash of the cache does;
 * the counters of evictions go on. */
void sim_eviction_clear(struct sim_eviction *cache);

/* The cached object after `object` in the policy's order, NULL for the first and after the last. */
struct sim_object *sim_eviction_next(const struct sim_eviction *cache,
                                     const struct sim_object *object);

/* For sampled expiry: positions 0 .. position_count-1 hold every cached object exactly once; some
 * are empty (NULL). Which position an object has depends on the order of calls alone. */
uint32_t sim_eviction_position_count(const struct sim_eviction *cache);
struct sim_object *sim_eviction_at(const struct sim_eviction *cache, uint32_t position);

/* Memory taken for objects, table, and what the policy keeps beside them. */
size_t sim_eviction_memory_bytes(const struct sim_eviction *cache);

/* Result of a replay. */
struct sim_eviction_tally {
    uint64_t requests;
    uint64_t misses;
    uint64_t request_bytes;
    uint64_t miss_bytes;
};

/* Plays `count` requests, each a look-up that inserts on a miss, and adds them to `tally`. `sizes`
 * NULL: every object has size 1. Same results as single calls, but memory is asked for ahead. */
void sim_eviction_replay(struct sim_eviction *cache, const uint64_t *keys, const uint64_t *sizes,
                         size_t count, struct sim_eviction_tally *tally);

#endif
