/* Lives of nodes: how one begins, ends, stands still and goes on.
 *
 * A crash ends a life: what was volatile is gone, events of that life never arrive, peers hear of
 * it unless it is silent. Several faults may hold a node; it recovers when the last of them ends.
 */
#include "world/transit.h"

#include <glib.h>

void world_input(struct sim_node *node, const struct sim_input *input)
{
    node->model->handle(node, input);
}

void node_start(struct sim_node *node, bool is_restart)
{
    uint8_t *state = &node->group->member_state[node->member];
    if (node->is_up || node->crashes > 0 || *state == MEMBER_ABSENT || *state == MEMBER_GONE ||
        world_now(node->world) < node->boots_until) {
        return; /* a fault holds it: it starts when that ends; or it left before it had started */
    }
    node->is_up = true;
    if (*state == MEMBER_STARTING) {
        *state = MEMBER_UP;
    }
    members_look_again(node);
    struct sim_input input = {
        .kind = SIM_IN_START, .is_restart = is_restart, .load_factor = world_load(node)};
    world_input(node, &input);
}

void node_crash(struct sim_node *node, bool is_silent, bool is_torn)
{
    node->crashes++;
    node->is_silent = node->is_silent || is_silent;
    if (node->crashes > 1 || !node->is_up) {
        return; /* already down: this fault only keeps it so */
    }
    node->is_up = false;
    node->deferred_first = node->deferred_count = 0;
    disk_drop(node);
    logs_crash(node, is_torn);
    flows_drop(node, is_silent);
    streams_drop(node, is_silent);
    calls_drop(node, is_silent);
    connections_drop(node);
    ledger_drop_operations(node);
    spans_drop(node);
    node_clear_life(node);
    sim_engine_kill(node->world->engine, node->id);
    if (node->may_go) {
        members_let_go(node); /* nothing is open any more */
    }
}

void node_restart(struct sim_node *node)
{
    sim_assert(node->crashes > 0);
    node->crashes--;
    if (node->crashes == 0) {
        node->is_silent = false;
        uint8_t state = node->group->member_state[node->member];
        if (state == MEMBER_UP || state == MEMBER_DRAINING || state == MEMBER_STARTING) {
            /* As an event: a node that is paused begins its new life when the pause ends. */
            sim_engine_post(node->world->engine, world_now(node->world), node->id, EVENT_START, 1);
        }
    }
}

/* Of an event that waits, `timer` and `incarnation` are the two halves of the handle of its timer:
 * its slot is free for others by then, and its life is the present one. */
static sim_timer timer_of_deferred(const struct sim_event *event)
{
    return (uint64_t)event->incarnation << 32 | event->timer;
}

static bool is_forgotten(const struct sim_event *event)
{
    return (event->kind & 0xff) == EVENT_TIMER && event->timer == 0;
}

bool node_forget_deferred(struct sim_node *node, sim_timer timer)
{
    for (uint32_t i = node->deferred_first; i < node->deferred_count; i++) {
        struct sim_event *event = &node->deferred[i];
        if ((event->kind & 0xff) == EVENT_TIMER && timer_of_deferred(event) == timer) {
            event->timer = 0;
            return true;
        }
    }
    return false;
}

void node_set_paused(struct sim_node *node, bool is_paused)
{
    sim_assert(is_paused || node->pauses > 0);
    if (is_paused) {
        node->pauses++;
    } else {
        node->pauses--;
    }
    node->speed = node->pauses > 0 ? 0.0 : 1.0 / node->slow_factor;
    if (node->is_up) {
        stations_change_speed(node);
    }
    flows_update(node->world);
    /* What came meanwhile, the start of a new life too; a crash has left none of its own. It may
     * pause the node anew. */
    while (node->pauses == 0 && node->deferred_first < node->deferred_count) {
        struct sim_event event = node->deferred[node->deferred_first++];
        if (!is_forgotten(&event)) {
            world_dispatch(node->world, &event);
        }
    }
    if (node->deferred_first == node->deferred_count) {
        node->deferred_first = node->deferred_count = 0;
    }
}

void node_set_slow(struct sim_node *node, double factor)
{
    node->slow_factor = factor;
    node->speed = node->pauses > 0 ? 0.0 : 1.0 / factor;
    if (node->is_up) {
        stations_change_speed(node);
    }
}

/* An event of a paused node waits, in order, until the pause ends. */
void node_defer(struct sim_node *node, const struct sim_event *event)
{
    if (node->deferred_count == node->deferred_capacity) {
        node->deferred_capacity = node->deferred_capacity == 0 ? 16 : 2 * node->deferred_capacity;
        node->deferred = g_renew(struct sim_event, node->deferred, node->deferred_capacity);
    }
    struct sim_event *deferred = &node->deferred[node->deferred_count++];
    *deferred = *event;
    deferred->incarnation = (uint32_t)(sim_engine_timer_of(node->world->engine, event) >> 32);
}
