/* The network: what becomes of a message on its way, over a connection or as a datagram.
 *
 * Over a connection a lost or cut-off transmission is repeated after the retransmission timeout,
 * which doubles each time up to two minutes (RFC 6298, section 5); when 15 repetitions have failed
 * the connection breaks and the caller is refused. What follows it on a multiplexed connection
 * waits for it. A datagram is simply gone. How long the way takes: link.c. Not modelled: congestion
 * windows past slow start, selective acknowledgement, fast retransmit.
 */
#include "world/body.h"
#include "world/transit.h"

#include <glib.h>

#define RETRANSMIT_MAX (2 * SIM_MINUTE)
#define RETRANSMISSIONS_MAX 15

/* ---- one transmission ---- */

static sim_time reorder_delay(const struct sim_link_law *law, struct sim_random *random,
                              const struct conditions *conditions)
{
    if (law->reorder_delay != NULL) {
        return sim_dist_draw_time(law->reorder_delay, random);
    }
    return link_latency(law, random, conditions);
}

/* Whose transport carries the packet: that of whoever opened the exchange. */
static const struct sim_node *owner_of(const struct sim_world *world, const struct packet *packet)
{
    return &world->nodes[packet->state == PACKET_REPLY ? packet->to : packet->from];
}

/* What became of a packet that was to be transmitted. */
enum sending {
    SENDING_GONE,  /* it left */
    SENDING_HELD,  /* it will be tried again: EVENT_TRANSMIT */
    SENDING_BROKEN /* given up, like its connection */
};

static void post_transmit(struct sim_world *world, uint32_t packet_index, sim_time time)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    packet->arrived = SIM_NEVER;
    sim_engine_post(world->engine, time, packet->from, EVENT_TRANSMIT,
                    sim_pool_handle(&world->packets, packet_index));
}

static void break_off(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (packet->state != PACKET_MESSAGE) {
        call_refuse(world, packet->call, world_now(world));
    }
    network_packet_drop(world, packet_index, "connection broken");
}

static enum sending retransmit_later(struct sim_world *world, uint32_t packet_index,
                                     const struct sim_transport *transport)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (packet->attempts >= RETRANSMISSIONS_MAX) {
        break_off(world, packet_index);
        return SENDING_BROKEN;
    }
    sim_time pause = transport->retransmit;
    for (uint8_t i = 0; i < packet->attempts && pause < RETRANSMIT_MAX; i++) {
        pause *= 2;
    }
    packet->attempts++;
    world->network.retransmits++;
    post_transmit(world, packet_index,
                  world_now(world) + (pause < RETRANSMIT_MAX ? pause : RETRANSMIT_MAX));
    return SENDING_HELD;
}

static uint16_t arrival_kind(const struct packet *packet)
{
    switch (packet->state) {
    case PACKET_REQUEST:
        return EVENT_REQUEST;
    case PACKET_REPLY:
        return EVENT_REPLY;
    default:
        return world_kind(EVENT_MESSAGE, packet->message);
    }
}

/* A second copy of a datagram arrives after a flight of its own. */
static void duplicate(struct sim_world *world, uint32_t packet_index, sim_time arrives)
{
    uint32_t copy_index = sim_pool_take(&world->packets);
    struct packet *copy = sim_pool_at(&world->packets, copy_index);
    *copy = *(struct packet *)sim_pool_at(&world->packets, packet_index);
    copy->arrived = arrives;
    if (copy->state == PACKET_REQUEST) {
        copy->request.span = 0; /* attributed once */
    } else if (copy->state == PACKET_MESSAGE && copy->body != 0) {
        copy->body =
            body_new(world, body_words(world, copy->body, copy->body_count), copy->body_count);
    }
    world->network.duplicated++;
    sim_engine_post(world->engine, arrives, copy->to, arrival_kind(copy), copy_index);
}

/* Puts a packet on the link and posts its arrival. */
static void fly(struct sim_world *world, uint32_t packet_index, sim_time leaves,
                const struct conditions *conditions)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct sim_node *sender = &world->nodes[packet->from];
    struct link *link = network_link(world, packet->from, packet->to);
    const struct sim_link_law *law = link->law;
    const struct sim_transport *transport = owner_of(world, packet)->transport;
    leaves = link_pass(link, leaves, packet->bytes, conditions);
    sim_time arrives = sim_time_add(leaves, link_latency(law, &sender->network_draw, conditions));
    if (law->reorder > 0.0 && sim_random_chance(&sender->network_draw, law->reorder)) {
        arrives = sim_time_add(arrives, reorder_delay(law, &sender->network_draw, conditions));
    }
    if (transport->window_bytes > 0 && packet->state != PACKET_MESSAGE) {
        arrives = sim_time_add(arrives, connection_slow_start(world, packet));
    }
    if (packet->connection != 0) {
        arrives =
            connection_in_order(world, packet->connection, packet->state == PACKET_REPLY, arrives);
    }
    packet->arrived = arrives;
    sim_engine_post(world->engine, arrives, packet->to, arrival_kind(packet), packet_index);
    if (law->duplicate > 0.0 && transport->kind == SIM_TRANSPORT_DATAGRAM &&
        sim_random_chance(&sender->network_draw, law->duplicate)) {
        duplicate(world, packet_index,
                  sim_time_add(leaves, link_latency(law, &sender->network_draw, conditions)));
    }
}

/* Puts a packet on its way. The link is entered only when the sender's card is through with the
 * packet: a slow card must not keep others from a link that it does not use yet. */
static void leave(struct sim_world *world, uint32_t packet_index,
                  const struct conditions *conditions)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    sim_time leaves;
    if (card_pass(world, packet->from, packet->to, packet->bytes, &leaves)) {
        fly(world, packet_index, leaves, conditions);
    } else {
        packet->has_left_card = true;
        post_transmit(world, packet_index, leaves);
    }
}

static enum sending transmit_remote(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct sim_node *sender = &world->nodes[packet->from];
    const struct sim_link_law *law = network_link(world, packet->from, packet->to)->law;
    struct conditions conditions = {1.0, 1.0, law->loss, 0};
    bool is_cut = false;
    if (world->troubles != NULL) {
        conditions = network_conditions(world, packet->from, packet->to, law);
        is_cut = network_is_cut(world, packet->from, packet->to);
    }
    if (is_cut ||
        (conditions.loss > 0.0 && sim_random_chance(&sender->network_draw, conditions.loss))) {
        *(is_cut ? &world->network.cut : &world->network.lost) += 1;
        const struct sim_transport *transport = owner_of(world, packet)->transport;
        if (world_is_tracing(world)) {
            world_trace(world, SIM_TRACE_DROP, packet->from, packet->to,
                        is_cut ? "cut off" : "lost", packet_index, packet->attempts);
        }
        if (transport->kind == SIM_TRANSPORT_CONNECTION) {
            return retransmit_later(world, packet_index, transport);
        }
        network_packet_drop(world, packet_index, is_cut ? "cut off" : "lost");
        return SENDING_GONE;
    }
    /* Where nobody is, the first packet of the handshake is as good as the request: both are
     * refused when they get there. */
    if (packet->is_cold && world->nodes[packet->to].is_up) {
        packet->is_cold = false;
        packet->attempts = 0;
        sim_time delay = connection_handshake(world, packet);
        if (delay > 0) {
            post_transmit(world, packet_index, sim_time_add(world_now(world), delay));
            return SENDING_HELD;
        }
    }
    leave(world, packet_index, &conditions);
    return SENDING_GONE;
}

/* Whether nothing between two nodes can take time or be lost. */
static bool is_nothing_between(const struct sim_world *world, const struct packet *packet)
{
    const struct machine *from = world->nodes[packet->from].machine;
    return from == world->nodes[packet->to].machine ||
           (!world->spec->network.is_given && world->troubles == NULL &&
            from->spec->bandwidth <= 0.0);
}

static enum sending transmit(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (world_is_tracing(world)) {
        static const char *const labels[] = {"request", "open", "reply", "message"};
        const char *label = packet->state == PACKET_MESSAGE
                                ? call_message_name(&world->nodes[packet->from], packet->message)
                            : packet->is_cold ? "connect"
                                              : labels[packet->state];
        world_trace(world, SIM_TRACE_SEND, packet->from, packet->to, label, packet_index,
                    packet->attempts);
    }
    if (!is_nothing_between(world, packet)) {
        return transmit_remote(world, packet_index);
    }
    if (packet->is_cold) {
        packet->is_cold = false;
        connection_handshake(world, packet); /* takes no time either */
    }
    packet->arrived = world_now(world);
    sim_engine_post(world->engine, packet->arrived, packet->to, arrival_kind(packet), packet_index);
    return SENDING_GONE;
}

/* ---- in order, where one connection carries all ---- */

/* Nobody waits for the request of a packet that has not left yet. */
static bool is_given_up(const struct sim_world *world, const struct packet *packet)
{
    return packet->state == PACKET_REQUEST && sim_pool_find(&world->calls, packet->call) == NULL;
}

/* Transmits what waited behind a packet that has gone or was given up, until one is held. */
static void flush(struct sim_world *world, uint32_t connection, bool is_reply, bool is_broken)
{
    if (is_broken) {
        connection_break(world, connection);
    }
    uint32_t index;
    while ((index = connection_next(world, connection, is_reply)) != 0) {
        if (is_given_up(world, sim_pool_at(&world->packets, index))) {
            network_packet_drop(world, index, "given up");
        } else if (is_broken) {
            break_off(world, index);
        } else if (transmit(world, index) == SENDING_HELD) {
            connection_wait_first(world, index);
            return;
        }
    }
}

void network_send_waiting(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (packet->connection == 0) {
        transmit(world, packet_index);
    } else if (connection_is_blocked(world, packet->connection, packet->state == PACKET_REPLY) ||
               transmit(world, packet_index) == SENDING_HELD) {
        packet->arrived = SIM_NEVER;
        connection_wait(world, packet_index);
    }
}

/* What most packets take: the way of transmit() where only the link's latency has a say. */
static void fly_only(struct sim_world *world, struct packet *packet, const struct link *link)
{
    struct sim_node *sender = &world->nodes[packet->from];
    sim_time arrives = world_now(world);
    if (sender->machine != world->nodes[packet->to].machine) {
        sim_time latency = link->is_constant
                               ? link->latency
                               : sim_dist_draw_time(link->law->latency, &sender->network_draw);
        arrives = sim_time_add(arrives, latency);
    }
    packet->arrived = arrives;
    sim_engine_post(world->engine, arrives, packet->to, arrival_kind(packet),
                    sim_pool_index_of(packet));
}

void network_send(struct sim_world *world, struct packet *packet)
{
    const struct link *link = network_link(world, packet->from, packet->to);
    sim_assert(packet->bytes >= 0);
    world->network.messages++;
    world->network.bytes += (uint64_t)packet->bytes;
    if (world->is_calm && link->is_only_latency &&
        packet->bytes <= owner_of(world, packet)->plain_bytes_max) {
        fly_only(world, packet, link);
        return;
    }
    uint32_t packet_index = sim_pool_index_of(packet);
    if (packet->state == PACKET_REQUEST && !world->nodes[packet->from].is_transport_plain) {
        packet->arrived = SIM_NEVER;
        if (!connection_take(world, packet_index)) {
            return; /* waits for a connection */
        }
    }
    network_send_waiting(world, packet_index);
}

void network_on_transmit(struct sim_world *world, const struct sim_event *event)
{
    struct packet *packet = sim_pool_find(&world->packets, event->payload);
    if (packet == NULL) {
        return;
    }
    uint32_t packet_index = sim_pool_index(event->payload);
    if (packet->has_left_card) {
        const struct sim_link_law *law = network_link(world, packet->from, packet->to)->law;
        struct conditions conditions = network_conditions(world, packet->from, packet->to, law);
        fly(world, packet_index, world_now(world), &conditions);
        return;
    }
    uint32_t connection = packet->connection;
    bool is_reply = packet->state == PACKET_REPLY;
    enum sending sending = SENDING_GONE;
    if (is_given_up(world, packet)) {
        network_packet_drop(world, packet_index, "given up"); /* the caller closed the connection */
    } else {
        sending = transmit(world, packet_index);
    }
    if (connection != 0 && sending != SENDING_HELD) {
        connection_next(world, connection, is_reply); /* that was this packet */
        flush(world, connection, is_reply, sending == SENDING_BROKEN);
    }
}

bool network_delays_at_card(struct sim_world *world, uint32_t packet_index,
                            const struct sim_event *event)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    sim_time through;
    if (packet->is_through_card ||
        !network_enter_card(world, packet->from, packet->to, packet->bytes, &through)) {
        return false;
    }
    packet->is_through_card = true;
    packet->arrived = through;
    sim_engine_post(world->engine, through, packet->to, event->kind, packet_index);
    return true;
}

void network_packet_drop(struct sim_world *world, uint32_t packet_index, const char *why)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_DROP, packet->from, packet->to, why, packet_index, 0);
    }
    if ((packet->state == PACKET_REQUEST || packet->state == PACKET_OPEN) &&
        packet->request.span != 0) {
        span_release(world, packet->request.span);
    } else if (packet->state == PACKET_MESSAGE && packet->body != 0) {
        body_end(world, packet->body, packet->body_count);
    }
    sim_pool_give(&world->packets, packet_index);
}
