/* The network: how long a message takes, and whether it arrives.
 *
 * A message passes the sender's network card and the link between the zones, each of which puts one
 * message after another on the wire if it has a bandwidth, then flies for a draw of the link's
 * latency, then passes the receiver's card. Flights overlap freely: a delay is not a pipe of
 * capacity 1/latency. Nodes on one machine reach each other in no time.
 *
 * Over a connection a lost or cut-off transmission is repeated after the retransmission timeout,
 * which doubles each time up to two minutes (RFC 6298, section 5); after 15 failures the connection
 * breaks and the caller is refused. A datagram is simply gone. Not modelled: routes, congestion
 * windows past slow start, selective acknowledgement, fast retransmit.
 */
#include "world/internal.h"

#include <glib.h>

#define RETRANSMIT_MAX (2 * SIM_MINUTE)
#define TRANSMISSIONS_MAX 15

/* A partition or a degradation in force. `side` is by node id, from 1; 0 = not concerned. */
struct trouble {
    struct trouble *next;
    const struct sim_fault_spec *fault; /* NULL: cut by hand */
    uint8_t *side;
    bool is_one_way;
    bool is_cut;
};

void network_init(struct sim_world *world)
{
    const struct sim_network_spec *network = &world->spec->network;
    size_t count = (size_t)network->zone_count * network->zone_count;
    world->links = sim_arena_array(&world->arena, struct link, count);
    for (size_t i = 0; i < count; i++) {
        world->links[i].law = &network->links[i];
    }
}

static void trouble_free(struct trouble *trouble)
{
    g_free(trouble->side);
    g_free(trouble);
}

void network_clear(struct sim_world *world)
{
    while (world->troubles != NULL) {
        struct trouble *next = world->troubles->next;
        trouble_free(world->troubles);
        world->troubles = next;
    }
}

struct link *network_link(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    uint32_t zones = world->spec->network.zone_count;
    return &world->links[(size_t)world->nodes[from].zone * zones + world->nodes[to].zone];
}

/* ---- partitions and degradations ---- */

static bool concerns(const struct trouble *trouble, sim_node_id from, sim_node_id to)
{
    uint8_t a = trouble->side[from], b = trouble->side[to];
    return a != 0 && b != 0 && a != b && (!trouble->is_one_way || a == 1);
}

static struct trouble *trouble_add(struct sim_world *world, const struct sim_fault_spec *fault)
{
    struct trouble *trouble = g_new0(struct trouble, 1);
    trouble->fault = fault;
    trouble->side = g_new0(uint8_t, world->node_count + 1);
    trouble->next = world->troubles;
    world->troubles = trouble;
    return trouble;
}

void network_begin_fault(struct sim_world *world, const struct sim_fault_spec *fault)
{
    struct trouble *trouble = trouble_add(world, fault);
    trouble->is_one_way = fault->one_way;
    trouble->is_cut = fault->kind == SIM_FAULT_PARTITION;
    for (uint32_t side = 0; side < fault->side_count; side++) {
        for (uint32_t i = 0; i < fault->sides[side].count; i++) {
            trouble->side[fault->sides[side].ids[i]] = (uint8_t)(side + 1);
        }
    }
}

void network_end_fault(struct sim_world *world, const struct sim_fault_spec *fault)
{
    for (struct trouble **link = &world->troubles; *link != NULL; link = &(*link)->next) {
        if ((*link)->fault == fault) {
            struct trouble *ended = *link;
            *link = ended->next;
            trouble_free(ended);
            return;
        }
    }
}

void network_set_cut(struct sim_world *world, sim_node_id from, sim_node_id to, bool is_cut)
{
    if (is_cut) {
        struct trouble *trouble = trouble_add(world, NULL);
        trouble->is_one_way = true;
        trouble->is_cut = true;
        trouble->side[from] = 1;
        trouble->side[to] = 2;
        return;
    }
    for (struct trouble **link = &world->troubles; *link != NULL; link = &(*link)->next) {
        if ((*link)->fault == NULL && concerns(*link, from, to)) {
            struct trouble *ended = *link;
            *link = ended->next;
            trouble_free(ended);
            return;
        }
    }
}

bool network_is_cut(const struct sim_world *world, sim_node_id from, sim_node_id to)
{
    for (const struct trouble *trouble = world->troubles; trouble != NULL;
         trouble = trouble->next) {
        if (trouble->is_cut && concerns(trouble, from, to)) {
            return true;
        }
    }
    return false;
}

/* What the degradations in force make of a link. */
struct conditions {
    double factor;   /* of latency */
    double slowness; /* of bandwidth: the time a byte takes is multiplied */
    double loss;
    sim_time extra;
};

static struct conditions conditions_of(const struct sim_world *world, sim_node_id from,
                                       sim_node_id to, const struct sim_link_law *law)
{
    struct conditions conditions = {1.0, 1.0, law->loss, 0};
    for (const struct trouble *trouble = world->troubles; trouble != NULL;
         trouble = trouble->next) {
        if (!trouble->is_cut && concerns(trouble, from, to)) {
            conditions.factor *= trouble->fault->factor;
            conditions.slowness *= trouble->fault->slowness;
            conditions.loss = 1.0 - (1.0 - conditions.loss) * (1.0 - trouble->fault->loss);
            conditions.extra += trouble->fault->extra;
        }
    }
    return conditions;
}

/* ---- one transmission ---- */

static sim_time draw_latency(const struct sim_link_law *law, struct sim_random *random,
                             const struct conditions *conditions)
{
    sim_time latency = law->latency == NULL ? 0 : sim_dist_draw_time(law->latency, random);
    if (conditions->factor != 1.0) {
        latency = sim_time_scale(latency, conditions->factor);
    }
    return sim_time_add(latency, conditions->extra);
}

sim_time network_latency(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    struct sim_node *sender = &world->nodes[from];
    if (sender->machine == world->nodes[to].machine) {
        return 0;
    }
    const struct sim_link_law *law = network_link(world, from, to)->law;
    struct conditions conditions = conditions_of(world, from, to, law);
    return draw_latency(law, &sender->network_draw, &conditions);
}

bool network_try(struct sim_world *world, sim_node_id from, sim_node_id to, sim_time *ret_arrives)
{
    struct sim_node *sender = &world->nodes[from];
    *ret_arrives = world_now(world);
    if (sender->machine == world->nodes[to].machine) {
        return true;
    }
    const struct sim_link_law *law = network_link(world, from, to)->law;
    struct conditions conditions = conditions_of(world, from, to, law);
    if (network_is_cut(world, from, to)) {
        world->network.cut++;
        return false;
    }
    if (conditions.loss > 0.0 && sim_random_chance(&sender->network_draw, conditions.loss)) {
        world->network.lost++;
        return false;
    }
    *ret_arrives =
        sim_time_add(*ret_arrives, draw_latency(law, &sender->network_draw, &conditions));
    return true;
}

/* The moment at which `bytes` are on the wire of a resource that is busy until *free. */
static sim_time put_on_wire(sim_time now, sim_time *free, double bytes, double bandwidth)
{
    sim_time start = now > *free ? now : *free;
    *free = sim_time_add(start, sim_time_from_seconds(bytes / bandwidth));
    return *free;
}

static sim_time reorder_delay(const struct sim_link_law *law, struct sim_random *random,
                              const struct conditions *conditions)
{
    if (law->reorder_delay != NULL) {
        return sim_dist_draw_time(law->reorder_delay, random);
    }
    return draw_latency(law, random, conditions);
}

/* Whose transport carries the packet: that of whoever opened the exchange. */
static const struct sim_node *owner_of(const struct sim_world *world, const struct packet *packet)
{
    return &world->nodes[packet->state == PACKET_REPLY ? packet->to : packet->from];
}

static void retransmit_later(struct sim_world *world, uint32_t packet_index,
                             const struct sim_transport *transport)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (packet->attempts >= TRANSMISSIONS_MAX) {
        if (packet->state != PACKET_MESSAGE) {
            call_refuse(world, packet->call, world_now(world));
        }
        network_packet_drop(world, packet_index, "connection broken");
        return;
    }
    sim_time pause = transport->retransmit;
    for (uint8_t i = 0; i < packet->attempts && pause < RETRANSMIT_MAX; i++) {
        pause *= 2;
    }
    packet->attempts++;
    packet->arrived = SIM_NEVER;
    world->network.retransmits++;
    sim_engine_post(world->engine,
                    world_now(world) + (pause < RETRANSMIT_MAX ? pause : RETRANSMIT_MAX),
                    packet->from, EVENT_TRANSMIT, sim_pool_handle(&world->packets, packet_index));
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
    }
    world->network.duplicated++;
    sim_engine_post(world->engine, arrives, copy->to, arrival_kind(copy), copy_index);
}

static void transmit_remote(struct sim_world *world, uint32_t packet_index, sim_time delay)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct sim_node *sender = &world->nodes[packet->from];
    struct link *link = network_link(world, packet->from, packet->to);
    const struct sim_link_law *law = link->law;
    const struct sim_transport *transport = owner_of(world, packet)->transport;
    struct conditions conditions = {1.0, 1.0, law->loss, 0};
    bool is_cut = false;
    if (world->troubles != NULL) {
        conditions = conditions_of(world, packet->from, packet->to, law);
        is_cut = network_is_cut(world, packet->from, packet->to);
    }
    if (is_cut ||
        (conditions.loss > 0.0 && sim_random_chance(&sender->network_draw, conditions.loss))) {
        *(is_cut ? &world->network.cut : &world->network.lost) += 1;
        if (world_is_tracing(world)) {
            world_trace(world, SIM_TRACE_DROP, packet->from, packet->to,
                        is_cut ? "cut off" : "lost", packet_index, packet->attempts);
        }
        if (transport->kind == SIM_TRANSPORT_CONNECTION) {
            retransmit_later(world, packet_index, transport);
        } else {
            network_packet_drop(world, packet_index, is_cut ? "cut off" : "lost");
        }
        return;
    }
    sim_time leaves = sim_time_add(world_now(world), delay);
    double bytes = (double)packet->bytes;
    if (sender->machine->spec->bandwidth > 0.0) {
        leaves = put_on_wire(leaves, &sender->machine->card_out_free, bytes,
                             sender->machine->spec->bandwidth);
    }
    if (law->bandwidth > 0.0) {
        leaves = put_on_wire(leaves, &link->free, bytes * conditions.slowness * (1.0 + link->flows),
                             law->bandwidth);
    }
    sim_time arrives = sim_time_add(leaves, draw_latency(law, &sender->network_draw, &conditions));
    if (law->reorder > 0.0 && sim_random_chance(&sender->network_draw, law->reorder)) {
        arrives = sim_time_add(arrives, reorder_delay(law, &sender->network_draw, &conditions));
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
                  sim_time_add(leaves, draw_latency(law, &sender->network_draw, &conditions)));
    }
}

static void transmit(struct sim_world *world, uint32_t packet_index, sim_time delay)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    if (world_is_tracing(world)) {
        static const char *const labels[] = {"request", "open", "reply", "message"};
        const char *label = packet->state == PACKET_MESSAGE
                                ? world->nodes[packet->from].model->messages[packet->message]
                                : labels[packet->state];
        world_trace(world, SIM_TRACE_SEND, packet->from, packet->to, label, packet_index,
                    packet->attempts);
    }
    bool is_local = world->nodes[packet->from].machine == world->nodes[packet->to].machine;
    if (is_local || !world->spec->network.is_given) {
        if (!is_local && world->troubles != NULL) {
            transmit_remote(world, packet_index, delay);
            return;
        }
        packet->arrived = sim_time_add(world_now(world), delay);
        sim_engine_post(world->engine, packet->arrived, packet->to, arrival_kind(packet),
                        packet_index);
        return;
    }
    transmit_remote(world, packet_index, delay);
}

void network_send(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    world->network.messages++;
    world->network.bytes += (uint64_t)packet->bytes;
    sim_time delay = 0;
    if (packet->state == PACKET_REQUEST && !world->nodes[packet->from].is_transport_plain) {
        packet->arrived = SIM_NEVER;
        if (!connection_take(world, packet_index, &delay)) {
            return; /* waits for a connection */
        }
    }
    transmit(world, packet_index, delay);
}

void network_send_after(struct sim_world *world, uint32_t packet_index, sim_time delay)
{
    transmit(world, packet_index, delay);
}

void network_on_transmit(struct sim_world *world, const struct sim_event *event)
{
    struct packet *packet = sim_pool_find(&world->packets, event->payload);
    if (packet == NULL) {
        return;
    }
    if (packet->state == PACKET_REQUEST && sim_pool_find(&world->calls, packet->call) == NULL) {
        network_packet_drop(world, sim_pool_index(event->payload), "given up");
        return; /* the caller has closed the connection */
    }
    transmit(world, sim_pool_index(event->payload), 0);
}

bool network_delays_at_card(struct sim_world *world, uint32_t packet_index,
                            const struct sim_event *event)
{
    if (!world->has_cards) {
        return false;
    }
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct machine *machine = world->nodes[packet->to].machine;
    if (machine->spec->bandwidth <= 0.0 || packet->is_through_card ||
        machine == world->nodes[packet->from].machine) {
        return false;
    }
    packet->is_through_card = true;
    sim_time through = put_on_wire(world_now(world), &machine->card_in_free, (double)packet->bytes,
                                   machine->spec->bandwidth);
    if (through == world_now(world)) {
        return false;
    }
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
    }
    sim_pool_give(&world->packets, packet_index);
}
