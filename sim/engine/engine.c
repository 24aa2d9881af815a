/* Clock, timers, incarnations and books around the queue.
 *
 * A cancelled event and one of a dead incarnation stay queued until their time comes or until they
 * are twice as many as the live ones; then all of them are purged at once. A purge of n events
 * follows 2 n / 3 cancellations or drops at least, so cancelling stays O(1) amortised, and timeouts
 * that are always cancelled do not pile up.
 *
 * Left out: what an event means, and any choice among nodes.
 */
#include "engine/engine.h"

#include <glib.h>

#define PURGE_MIN 64u /* dead events that are not worth a purge */

static bool is_due(struct sim_engine *engine, const struct sim_event *event);
static uint32_t timer_take(struct sim_engine *engine);
static void purge_if_due(struct sim_engine *engine);
static bool purge_keep(const struct sim_event *event, void *data);

struct sim_engine *sim_engine_new(uint32_t node_count, uint64_t pending_max)
{
    struct sim_engine *engine = g_aligned_alloc0(1, sizeof *engine, 64);
    engine->pending_limit = pending_max == 0 ? UINT64_MAX : pending_max;
    engine->node_count = node_count;
    engine->nodes = g_new0(struct sim_engine_node, node_count);
    engine->timer_count = 1;
    engine->timer_room = 64;
    engine->timers = g_new0(struct sim_engine_timer, engine->timer_room);
    sim_queue_init(&engine->queue);
    return engine;
}

void sim_engine_free(struct sim_engine *engine)
{
    sim_queue_clear(&engine->queue);
    g_free(engine->timers);
    g_free(engine->nodes);
    g_aligned_free(engine);
}

sim_timer sim_engine_arm(struct sim_engine *engine, sim_time time, sim_node_id node, uint16_t kind,
                         uint64_t payload)
{
    sim_assert(time >= engine->now);
    sim_assert(node < engine->node_count);
    uint32_t slot = timer_take(engine);
    struct sim_engine_timer *timer = &engine->timers[slot];
    timer->node = node;
    timer->incarnation = engine->nodes[node].incarnation;
    timer->is_pending = true;
    struct sim_event *place = sim_queue_try_push(&engine->queue, engine->now, time);
    if (place == NULL) {
        place = sim_queue_push(&engine->queue, engine->now, time);
    }
    sim_engine_place(engine, place, time, node, kind, payload, slot);
    return (uint64_t)timer->generation << 32 | slot;
}

bool sim_engine_cancel(struct sim_engine *engine, sim_timer handle)
{
    uint32_t slot = (uint32_t)handle;
    sim_assert(slot < engine->timer_count);
    struct sim_engine_timer *timer = &engine->timers[slot];
    if (timer->generation != handle >> 32 || !timer->is_pending) {
        return false;
    }
    struct sim_engine_node *node = &engine->nodes[timer->node];
    if (node->incarnation != timer->incarnation) {
        return false;
    }
    timer->is_pending = false;
    node->pending--;
    engine->pending--;
    engine->cancelled++;
    engine->queued_dead++;
    purge_if_due(engine);
    return true;
}

void sim_engine_kill(struct sim_engine *engine, sim_node_id id)
{
    sim_assert(id < engine->node_count);
    struct sim_engine_node *node = &engine->nodes[id];
    sim_assert(node->incarnation < UINT32_MAX);
    node->incarnation++;
    engine->pending -= node->pending;
    engine->dropped += node->pending;
    engine->queued_dead += node->pending;
    node->pending = 0;
    purge_if_due(engine);
}

uint32_t sim_engine_incarnation(const struct sim_engine *engine, sim_node_id node)
{
    sim_assert(node < engine->node_count);
    return engine->nodes[node].incarnation;
}

uint64_t sim_engine_digest(const struct sim_engine *engine)
{
    return engine->digest;
}

void sim_engine_note(struct sim_engine *engine, uint64_t value)
{
    uint64_t fact = sim_digest_mix(value ^ SIM_DIGEST_KEY_PAYLOAD, SIM_DIGEST_KEY_TIME);
    engine->digest = sim_digest_fold(engine->digest, fact);
}

bool sim_engine_is_over_limit(const struct sim_engine *engine)
{
    return engine->pending_max > engine->pending_limit;
}

struct visit {
    const struct sim_engine *engine;
    void (*visit)(const struct sim_event *event, void *data);
    void *data;
};

static bool is_live(const struct sim_engine *engine, const struct sim_event *event)
{
    return engine->nodes[event->node].incarnation == event->incarnation &&
           (event->timer == 0 || engine->timers[event->timer].is_pending);
}

static bool visit_live(const struct sim_event *event, void *data)
{
    const struct visit *visit = data;
    if (is_live(visit->engine, event)) {
        visit->visit(event, visit->data);
    }
    return true; /* it stays */
}

void sim_engine_each(struct sim_engine *engine,
                     void (*visit)(const struct sim_event *event, void *data), void *data)
{
    struct visit all = {engine, visit, data};
    sim_queue_filter(&engine->queue, visit_live, &all);
}

void sim_engine_get_stats(const struct sim_engine *engine, struct sim_engine_stats *ret_stats)
{
    *ret_stats = (struct sim_engine_stats){
        .scheduled = engine->scheduled,
        .delivered = engine->scheduled - engine->cancelled - engine->dropped - engine->pending,
        .cancelled = engine->cancelled,
        .dropped = engine->dropped,
        .pending = engine->pending,
        .pending_max = engine->pending_max,
    };
}

void sim_engine_post_slowly(struct sim_engine *engine, sim_time time, sim_node_id node,
                            uint16_t kind, uint64_t payload)
{
    struct sim_event *place = sim_queue_push(&engine->queue, engine->now, time);
    sim_engine_place(engine, place, time, node, kind, payload, 0);
}

bool sim_engine_next_slowly(struct sim_engine *engine, sim_time until, struct sim_event *ret_event)
{
    sim_time last = until == SIM_NEVER ? SIM_NEVER - 1 : until;
    const struct sim_event *first = sim_queue_first(&engine->queue, last);
    while (first != NULL && first->time <= last) {
        *ret_event = *first;
        sim_queue_drop_first(&engine->queue, first);
        if (is_due(engine, ret_event)) {
            sim_engine_deliver(engine, ret_event);
            return true;
        }
        engine->queued_dead--;
        first = sim_queue_first(&engine->queue, last);
    }
    if (until != SIM_NEVER) {
        engine->now = until;
    }
    return false;
}

/* Whether a popped event is to be delivered; its timer ends either way. */
static bool is_due(struct sim_engine *engine, const struct sim_event *event)
{
    if (event->timer != 0) {
        bool was_pending = engine->timers[event->timer].is_pending;
        sim_engine_release(engine, event->timer);
        if (!was_pending) {
            return false;
        }
    }
    return event->incarnation == engine->nodes[event->node].incarnation;
}

static uint32_t timer_take(struct sim_engine *engine)
{
    uint32_t slot = engine->timer_free;
    if (slot != 0) {
        engine->timer_free = engine->timers[slot].node;
        return slot;
    }
    if (engine->timer_count == engine->timer_room) {
        sim_assert(engine->timer_room <= UINT32_MAX / 2);
        engine->timer_room *= 2;
        engine->timers = g_renew(struct sim_engine_timer, engine->timers, engine->timer_room);
    }
    slot = engine->timer_count++;
    engine->timers[slot] = (struct sim_engine_timer){.generation = 1};
    return slot;
}

static void purge_if_due(struct sim_engine *engine)
{
    if (engine->queued_dead > 2 * engine->pending + PURGE_MIN) {
        sim_queue_filter(&engine->queue, purge_keep, engine);
        sim_assert(engine->queued_dead == 0);
    }
}

static bool purge_keep(const struct sim_event *event, void *data)
{
    struct sim_engine *engine = data;
    if (is_live(engine, event)) {
        return true;
    }
    if (event->timer != 0) {
        sim_engine_release(engine, event->timer);
    }
    engine->queued_dead--;
    return false;
}
