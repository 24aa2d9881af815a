/* Calls and requests: one call, exactly one outcome.
 *
 * A call is a record at the caller; its request travels as a packet, which stays at the receiver as
 * the open request (its handle is the ticket) and travels back as the reply. The outcome is
 * whatever comes first: the reply, a refusal, or the timeout. What comes later finds no call and is
 * dropped. A refusal is what a connection tells its owner: who asks by datagram is never refused
 * and waits for his timeout. Not modelled: ICMP, by which a machine may answer a datagram to
 * nobody.
 */
#include "world/body.h"
#include "world/transit.h"

#include <glib.h>

static void count_call(struct sim_node *self, sim_node_id to, int32_t delta)
{
    self->open_calls = (uint32_t)((int64_t)self->open_calls + delta);
    if (self->calls_to != NULL) {
        self->calls_to[to] = (uint32_t)((int64_t)self->calls_to[to] + delta);
    }
}

/* ---- the caller's side ---- */

/* The request's packet, ready to be sent. */
static struct packet *packet_for(struct sim_node *self, sim_node_id to,
                                 const struct sim_request *request, sim_call call_handle,
                                 sim_span span, sim_time deadline)
{
    struct sim_world *world = self->world;
    struct packet *packet = sim_pool_new(&world->packets);
    packet->from = self->id;
    packet->to = to;
    packet->call = call_handle;
    packet->sent = world_now(world);
    packet->caller_incarnation = world->engine->nodes[self->id].incarnation;
    packet->connection = 0;
    packet_set_out(packet, PACKET_REQUEST);
    packet->bytes = request->bytes;
    packet->request = *request;
    packet->request.span = span;
    packet->request.deadline = deadline;
    return packet;
}

sim_call sim_send_request(struct sim_node *self, sim_node_id to, const struct sim_request *request,
                          sim_time timeout, uint64_t tag)
{
    struct sim_world *world = self->world;
    sim_time now = world_now(world);
    sim_assert(to >= 1 && to <= world->node_count && timeout >= 0);
    struct call *call = sim_pool_new(&world->calls);
    sim_call handle = sim_pool_handle_of(call);
    call->from = self->id;
    call->to = to;
    call->tag = tag;
    call->called = now;
    call->connection = 0;
    call->child_span = request->span == 0 ? 0 : span_child(world, request->span);
    call->parent_span = call->child_span == 0 ? 0 : request->span;
    if (call->child_span != 0) {
        span_hold(world, call->child_span);
    }

    sim_time end = sim_time_add(now, timeout);
    end = end < request->deadline ? end : request->deadline;
    call->timer = 0;
    if (end != SIM_NEVER) {
        call->timer =
            sim_engine_arm(world->engine, end > now ? end : now, self->id, EVENT_TIMEOUT, handle);
    }
    world->calls_made++;
    count_call(self, to, 1);
    metric_count(self, SIM_STANDARD_ATTEMPTS, now, 1);
    if (request->attempt > 0) {
        metric_count(self, SIM_STANDARD_RETRIES, now, 1);
    }
    struct sim_node *server = &world->nodes[to];
    if (server->model->expect != NULL && server->is_up) {
        server->model->expect(server, request);
    }
    struct packet *packet = packet_for(self, to, request, handle, call->child_span, end);
    call->packet = sim_pool_index_of(packet);
    network_send(world, packet);
    return handle;
}

/* Ends the call's record; the request may still be on its way or being served. */
static void call_close(struct sim_world *world, struct call *call, bool is_intact)
{
    if (call->timer != 0) {
        sim_engine_cancel(world->engine, call->timer);
    }
    if (call->child_span != 0) {
        span_release(world, call->child_span);
    }
    world->calls_ended++;
    count_call(&world->nodes[call->from], call->to, -1);
    uint32_t connection = call->connection;
    sim_pool_end(&world->calls, call);
    if (connection != 0) {
        connection_give(world, connection, is_intact);
    }
}

/* Hands the outcome to the caller, whose call is over. */
static void call_fail(struct sim_world *world, struct call *call, enum sim_status status)
{
    struct sim_node *caller = &world->nodes[call->from];
    struct sim_outcome outcome = {
        .reply = {.status = status}, .to = call->to, .called = call->called};
    struct sim_input input = {.kind = SIM_IN_OUTCOME, .tag = call->tag, .outcome = &outcome};
    if (call->parent_span != 0) {
        span_spend(world, call->parent_span, world->nodes[call->to].group_index, SIM_CAUSE_RETRY,
                   world_now(world) - call->called);
    }
    call_close(world, call, false);
    world_input(caller, &input);
}

void sim_call_cancel(struct sim_node *self, sim_call handle)
{
    struct call *call = sim_pool_find(&self->world->calls, handle);
    if (call != NULL) {
        sim_assert(call->from == self->id);
        call_close(self->world, call, false);
    }
}

void sim_call_withdraw(struct sim_node *self, sim_call handle, int64_t bytes)
{
    const struct call *call = sim_pool_find(&self->world->calls, handle);
    if (call == NULL) {
        return;
    }
    sim_node_id to = call->to;
    const uint64_t words[SIM_MESSAGE_WORDS] = {call->packet, handle};
    sim_call_cancel(self, handle);
    sim_send_message(self, to, MESSAGE_WITHDRAW, words, bytes);
}

uint32_t sim_open_calls(const struct sim_node *self, sim_node_id to)
{
    struct sim_world *world = self->world;
    if (self->calls_to == NULL) {
        /* Counted from the first question on: most nodes never ask. */
        struct sim_node *counting = &world->nodes[self->id];
        uint32_t *calls_to = g_new0(uint32_t, world->node_count + 1);
        counting->calls_to = calls_to;
        for (uint32_t index = 1; self->open_calls > 0 && index < world->calls.fresh; index++) {
            if (pool_is_used(&world->calls, index)) {
                struct call *call = sim_pool_at(&world->calls, index);
                calls_to[call->to] += call->from == self->id;
            }
        }
        return calls_to[to];
    }
    return self->calls_to[to];
}

void call_on_timeout(struct sim_world *world, const struct sim_event *event)
{
    struct call *call = sim_pool_find(&world->calls, event->payload);
    if (call != NULL) {
        call->timer = 0;
        call_fail(world, call, SIM_STATUS_TIMEOUT);
    }
}

void call_refuse(struct sim_world *world, sim_call handle, sim_time time)
{
    struct call *call = sim_pool_find(&world->calls, handle);
    if (call != NULL) {
        sim_engine_post(world->engine, time, call->from, EVENT_REFUSAL, handle);
    }
}

void call_on_refusal(struct sim_world *world, const struct sim_event *event)
{
    struct call *call = sim_pool_find(&world->calls, event->payload);
    if (call != NULL) {
        call_fail(world, call, SIM_STATUS_REFUSED);
    }
}

void call_on_reply(struct sim_world *world, const struct sim_event *event)
{
    uint32_t packet_index = (uint32_t)event->payload;
    if (network_delays_at_card(world, packet_index, event)) {
        return;
    }
    struct packet *packet = packet_at(world, packet_index);
    struct sim_node *caller = &world->nodes[packet->to];
    struct call *call = sim_pool_find(&world->calls, packet->call);
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_ARRIVE, packet->to, packet->from, "reply", packet_index, 0);
    }
    if (call == NULL) {
        metric_count(caller, SIM_STANDARD_LATE_REPLIES, world_now(world), 1);
        sim_pool_end(&world->packets, packet);
        return;
    }
    struct sim_outcome outcome = {.reply = packet->reply, .to = call->to, .called = call->called};
    struct sim_input input = {.kind = SIM_IN_OUTCOME, .tag = call->tag, .outcome = &outcome};
    if (call->parent_span != 0) {
        span_spend(world, call->parent_span, world->nodes[call->to].group_index, SIM_CAUSE_NETWORK,
                   world_now(world) - packet->sent);
        span_merge(world, call->parent_span, call->child_span);
    }
    sim_pool_end(&world->packets, packet);
    call_close(world, call, true);
    world_input(caller, &input);
}

/* ---- the server's side ---- */

/* The machine of `dead` tells a caller over a connection that nobody is there, if a reset sent at
 * `time` gets through. One that is only lost is provoked again by whatever the caller sends next.
 */
static void reset(struct sim_world *world, sim_node_id dead, sim_node_id caller, sim_call call,
                  sim_time time)
{
    bool has_connection = world->nodes[caller].transport->kind == SIM_TRANSPORT_CONNECTION;
    if (has_connection && !network_is_cut(world, dead, caller)) {
        call_refuse(world, call, sim_time_add(time, network_latency(world, dead, caller)));
    }
}

void call_on_request(struct sim_world *world, const struct sim_event *event)
{
    uint32_t packet_index = (uint32_t)event->payload;
    if (network_delays_at_card(world, packet_index, event)) {
        return;
    }
    struct packet *packet = packet_at(world, packet_index);
    struct sim_node *server = &world->nodes[packet->to];
    sim_time now = world_now(world);
    if (!server->is_up) {
        if (!server->is_silent) {
            reset(world, packet->to, packet->from, packet->call, now);
        }
        network_packet_drop(world, packet_index, server->is_silent ? "silence" : "nobody there");
        return;
    }
    packet->state = PACKET_OPEN;
    packet->arrived = now;
    server->open_tickets++;
    ledger_issue(server, now);
    if (packet->request.span != 0) {
        span_spend(world, packet->request.span, server->group_index, SIM_CAUSE_NETWORK,
                   now - packet->sent);
    }
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_ARRIVE, packet->to, packet->from, "request", packet_index,
                    packet->request.operation_id);
    }
    struct sim_input input = {.kind = SIM_IN_REQUEST,
                              .from = packet->from,
                              .ticket = sim_pool_handle_of(packet),
                              .request = &packet->request};
    world_input(server, &input);
}

static struct packet *open_packet(struct sim_node *self, sim_ticket ticket)
{
    struct packet *packet = sim_pool_find(&self->world->packets, ticket);
    sim_assert(packet != NULL && packet->state == PACKET_OPEN && packet->to == self->id);
    return packet;
}

const struct sim_request *sim_request_of(struct sim_node *self, sim_ticket ticket)
{
    return &open_packet(self, ticket)->request;
}

sim_time sim_arrived(struct sim_node *self, sim_ticket ticket)
{
    return open_packet(self, ticket)->arrived;
}

static void judge_version(struct sim_node *self, const struct packet *packet,
                          const struct sim_reply *reply)
{
    struct sim_reply copy = *reply;
    copy.served_by = reply->served_by != 0 ? reply->served_by : self->id;
    versions_served(self, &packet->request, packet->arrived, &copy);
}

void sim_answer(struct sim_node *self, sim_ticket ticket, const struct sim_reply *reply)
{
    struct sim_world *world = self->world;
    struct packet *packet = open_packet(self, ticket);
    self->open_tickets--;
    if (self->may_go && self->open_tickets == 0) {
        members_let_go(self);
    }
    ledger_finish(self, packet->arrived, reply->status);
    if (packet->request.span != 0) {
        span_close(world, packet->request.span);
        span_release(world, packet->request.span);
    }
    if (world->versions != NULL) {
        judge_version(self, packet, reply);
    }
    sim_node_id caller = packet->from;
    packet->from = self->id;
    packet->to = caller;
    packet_set_out(packet, PACKET_REPLY);
    packet->sent = world_now(world);
    packet->bytes = reply->bytes;
    packet->reply = *reply;
    if (reply->served_by == 0) {
        packet->reply.served_by = self->id;
    }
    if (sim_engine_incarnation(world->engine, caller) != packet->caller_incarnation) {
        network_packet_drop(world, sim_pool_index(ticket), "nobody waits");
        return;
    }
    network_send(world, packet);
}

void sim_answer_status(struct sim_node *self, sim_ticket ticket, enum sim_status status)
{
    struct sim_reply reply = {.status = status};
    sim_answer(self, ticket, &reply);
}

/* ---- the end of a life ---- */

/* A packet that the death of `node` takes with it: who waits for it hears so, unless it is silent.
 */
static void drop_packet(struct sim_node *node, uint32_t index, bool is_silent)
{
    struct sim_world *world = node->world;
    struct packet *packet = packet_at(world, index);
    sim_time heard = world_now(world);
    sim_node_id caller = packet->from;
    if (packet->state == PACKET_OPEN) {
        ledger_lose(node, packet->arrived);
    } else if (packet->state == PACKET_REQUEST) {
        /* Refused when it gets there; one that a pause kept waiting is there already. */
        heard = packet->arrived > heard ? packet->arrived : heard;
    } else {
        caller = packet->to;
    }
    bool is_awaited = packet->state != PACKET_MESSAGE && caller != node->id;
    if (is_awaited && !is_silent) {
        reset(world, node->id, caller, packet->call, heard);
    }
    network_packet_drop(world, index, "crash");
}

/* Packets that wait at the dead node to be sent, that are on their way to it, or open at it. */
static void drop_packets_of(struct sim_node *node, bool is_silent)
{
    struct sim_world *world = node->world;
    for (uint32_t index = 1; index < world->packets.fresh; index++) {
        if (!pool_is_used(&world->packets, index)) {
            continue;
        }
        const struct packet *packet = packet_at(world, index);
        bool is_unsent = packet->arrived == SIM_NEVER;
        if ((is_unsent ? packet->from : packet->to) == node->id) {
            drop_packet(node, index, is_silent);
        }
    }
    node->open_tickets = 0;
}

void calls_drop(struct sim_node *node, bool is_silent)
{
    struct sim_world *world = node->world;
    drop_packets_of(node, is_silent);
    for (uint32_t index = 1; node->open_calls > 0 && index < world->calls.fresh; index++) {
        if (!pool_is_used(&world->calls, index)) {
            continue;
        }
        struct call *call = sim_pool_at(&world->calls, index);
        if (call->from == node->id) {
            call_close(world, call, false);
        }
    }
}
