/* The engine: virtual time, the queue of events, the digest.
 *
 * Events happen in the order (time, sequence): earlier time first, and among equals the one that
 * was scheduled first. An event is small and typed; what it means is the business of the world.
 * An event belongs to a node and carries that node's incarnation: when a node dies its incarnation
 * moves on, and events of the old one are dropped in silence (and counted).
 *
 * The rolling digest covers (time, node, kind, payload) of every delivered event. Payloads are
 * pool handles or plain numbers, never addresses, so equal digests mean equal runs.
 */
#ifndef BRINK_ENGINE_ENGINE_H
#define BRINK_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/time.h"
#include "engine/digest.h"
#include "engine/queue.h"

/* Names one armed timer; 0 names none. A handle outlives its timer harmlessly. */
typedef uint64_t sim_timer;

struct sim_engine_node {
    uint32_t incarnation;
    uint32_t pending; /* events of this incarnation that are queued and not cancelled */
};

/* While its event is queued, a slot says whose it is; afterwards `node` links the free slots. */
struct sim_engine_timer {
    uint32_t generation; /* changes whenever the slot is released */
    uint32_t node;
    uint32_t incarnation;
    bool is_pending; /* queued and not cancelled */
};

/* Private to the engine; laid open so that what happens millions of times a second is inline. */
struct sim_engine {
    sim_time now;
    uint64_t digest;
    uint64_t pending;     /* live events: queued, not cancelled, of a living incarnation */
    uint64_t pending_max; /* high-water mark */
    uint64_t pending_limit;
    uint64_t scheduled;
    uint64_t cancelled;
    uint64_t dropped;
    uint64_t queued_dead; /* queued events that will not be delivered */
    struct sim_engine_node *nodes;
    struct sim_engine_timer *timers;
    uint32_t node_count;
    uint32_t timer_count; /* slots in use or free; slot 0 is neither */
    uint32_t timer_room;
    uint32_t timer_free; /* first free slot, 0 = none */
    struct sim_queue queue;
};

/* scheduled = delivered + cancelled + dropped + pending, at any moment. */
struct sim_engine_stats {
    uint64_t scheduled, delivered, cancelled;
    uint64_t dropped; /* were pending when their node was killed */
    uint64_t pending, pending_max;
};

/* `node_count` nodes, all in incarnation 0; at most `pending_max` events at once (0 = no limit). */
struct sim_engine *sim_engine_new(uint32_t node_count, uint64_t pending_max);
void sim_engine_free(struct sim_engine *engine);

/* Schedules an event for the node's present incarnation. `time` is not before now; at SIM_NEVER it
 * stays pending and is not delivered. */
static inline void sim_engine_post(struct sim_engine *engine, sim_time time, sim_node_id node,
                                   uint16_t kind, uint64_t payload);
/* The same, cancellable. */
sim_timer sim_engine_arm(struct sim_engine *engine, sim_time time, sim_node_id node, uint16_t kind,
                         uint64_t payload);
/* O(1), amortised over the events scheduled. True when the timer was pending; false when it has
 * fired or was cancelled before, or its node was killed. */
bool sim_engine_cancel(struct sim_engine *engine, sim_timer timer);

/* Takes the next event whose time is <= until, moves the clock to it and folds it into the digest.
 * False when there is none; the clock then stands at `until` unless that is SIM_NEVER. `until` is
 * not before now. */
static inline bool sim_engine_next(struct sim_engine *engine, sim_time until,
                                   struct sim_event *ret_event);

/* Moves the clock to `time`, which nothing pending comes before; what is due then stays pending. */
static inline void sim_engine_rest(struct sim_engine *engine, sim_time time)
{
    sim_assert(time >= engine->now);
    engine->now = time;
}

/* Ends the node's present life: what is pending for it will not be delivered. */
void sim_engine_kill(struct sim_engine *engine, sim_node_id node);
uint32_t sim_engine_incarnation(const struct sim_engine *engine, sim_node_id node);

static inline sim_time sim_engine_now(const struct sim_engine *engine)
{
    return engine->now;
}

uint64_t sim_engine_digest(const struct sim_engine *engine);
/* Folds a fact that no event carries (a fault, a setting) into the digest. */
void sim_engine_note(struct sim_engine *engine, uint64_t value);
/* True once `pending_max` was passed; the run must end with that as its reason. */
bool sim_engine_is_over_limit(const struct sim_engine *engine);
/* Visits what is pending, in no order that means anything. */
void sim_engine_each(struct sim_engine *engine,
                     void (*visit)(const struct sim_event *event, void *data), void *data);
/* The handle by which the timer of an event that was just delivered was named; 0 if it was none. */
static inline sim_timer sim_engine_timer_of(const struct sim_engine *engine,
                                            const struct sim_event *event)
{
    uint32_t slot = event->timer;
    return slot == 0 ? 0 : (uint64_t)(engine->timers[slot].generation - 1) << 32 | slot;
}
void sim_engine_get_stats(const struct sim_engine *engine, struct sim_engine_stats *ret_stats);

/* The rest is the ways taken most, inline; their rare turns are calls. */

void sim_engine_post_slowly(struct sim_engine *engine, sim_time time, sim_node_id node,
                            uint16_t kind, uint64_t payload);
bool sim_engine_next_slowly(struct sim_engine *engine, sim_time until, struct sim_event *ret_event);

/* Fills in an event that has got its place in the queue, and enters it in the books. */
static inline void sim_engine_place(struct sim_engine *engine, struct sim_event *place,
                                    sim_time time, sim_node_id id, uint16_t kind, uint64_t payload,
                                    uint32_t timer)
{
    struct sim_engine_node *node = &engine->nodes[id];
    place->time = time;
    place->payload = payload;
    place->node = id;
    place->incarnation = node->incarnation;
    place->timer = timer;
    place->kind = kind;
    place->spare = 0;
    node->pending++;
    engine->scheduled++;
    engine->pending++;
    if (__builtin_expect(engine->pending > engine->pending_max, 0)) {
        engine->pending_max = engine->pending;
    }
}

static inline void sim_engine_post(struct sim_engine *engine, sim_time time, sim_node_id node,
                                   uint16_t kind, uint64_t payload)
{
    sim_assert(time >= engine->now);
    sim_assert(node < engine->node_count);
    struct sim_event *place = sim_queue_try_push(&engine->queue, engine->now, time);
    if (__builtin_expect(place == NULL, 0)) {
        sim_engine_post_slowly(engine, time, node, kind, payload);
        return;
    }
    sim_engine_place(engine, place, time, node, kind, payload, 0);
}

static inline void sim_engine_release(struct sim_engine *engine, uint32_t slot)
{
    struct sim_engine_timer *timer = &engine->timers[slot];
    timer->generation++;
    timer->is_pending = false;
    timer->node = engine->timer_free;
    engine->timer_free = slot;
}

/* Moves the clock to a live event that was popped. */
static inline void sim_engine_deliver(struct sim_engine *engine, const struct sim_event *event)
{
    engine->nodes[event->node].pending--;
    engine->pending--;
    engine->now = event->time;
    engine->digest = sim_digest_event(engine->digest, (uint64_t)event->time,
                                      (uint64_t)event->node << 16 | event->kind, event->payload);
}

static inline bool sim_engine_next(struct sim_engine *engine, sim_time until,
                                   struct sim_event *ret_event)
{
    sim_assert(until >= engine->now);
    const struct sim_event *first = sim_queue_try_first(&engine->queue);
    if (__builtin_expect(first == NULL || first->time > until || first->time == SIM_NEVER ||
                             (first->timer != 0 && !engine->timers[first->timer].is_pending) ||
                             first->incarnation != engine->nodes[first->node].incarnation,
                         0)) {
        return sim_engine_next_slowly(engine, until, ret_event);
    }
    *ret_event = *first;
    sim_queue_drop_first(&engine->queue, first);
    if (ret_event->timer != 0) {
        sim_engine_release(engine, ret_event->timer);
    }
    sim_engine_deliver(engine, ret_event);
    return true;
}

#endif
