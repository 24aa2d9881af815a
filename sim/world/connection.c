/* Connections: handshakes, pools with a limit, one ordered connection for all, slow start.
 *
 * Kept per pair of nodes, and only for transports that are not plain (warm, unlimited, one request
 * at a time on each connection: then nothing has to be remembered). A connection that comes free is
 * taken again most recent first; one whose call failed is closed, and one whose stream is over. A
 * handshake costs its round trips in drawn latencies (TCP 1, with TLS 1.3 2, with TLS 1.2 3); the
 * world does not send its packets, but the handshake begins only when something gets through. What
 * is sent on a multiplexed connection waits behind what has yet to be transmitted there
 * (head-of-line blocking).
 */
#include "world/audit.h"
#include "world/transit.h"

#include <glib.h>
#include <inttypes.h>

#define WAITING_MIN 64

struct waiter {
    uint64_t handle; /* of a request's packet or of a stream */
    bool is_stream;
};

struct pair {
    sim_node_id from, to;
    uint32_t open;       /* connections that exist */
    uint32_t idle_count; /* of these, not in use */
    uint32_t idle_capacity;
    sim_time *idle_since; /* most recently used last */
    GQueue waiting;       /* struct waiter *, for a connection */
    uint32_t waiting_max; /* more are looked through for those that were given up */
    /* Multiplexed; where there are two, of requests and of replies. */
    uint32_t in_use;          /* calls on it */
    sim_time last_used;       /* since when none is */
    sim_time ready;           /* end of the handshake, SIM_NEVER while it has not begun */
    sim_time last_arrival[2]; /* of what was transmitted */
    GQueue behind[2];         /* uint64_t *, packets: the first is yet to be transmitted */
};

struct connections {
    GPtrArray *pairs;   /* index 0 unused */
    uint32_t **pair_of; /* [from][to]; rows made on first use */
};

void connections_init(struct sim_world *world)
{
    world->connections = sim_arena_new(&world->arena, struct connections);
    world->connections->pairs = g_ptr_array_new();
    g_ptr_array_add(world->connections->pairs, NULL);
    world->connections->pair_of = sim_arena_array(&world->arena, uint32_t *, world->node_count + 1);
}

void connections_clear(struct sim_world *world)
{
    struct connections *connections = world->connections;
    for (guint i = 1; i < connections->pairs->len; i++) {
        struct pair *pair = g_ptr_array_index(connections->pairs, i);
        g_queue_clear_full(&pair->waiting, g_free);
        g_queue_clear_full(&pair->behind[0], g_free);
        g_queue_clear_full(&pair->behind[1], g_free);
        g_free(pair->idle_since);
        g_free(pair);
    }
    g_ptr_array_free(connections->pairs, TRUE);
    for (sim_node_id id = 0; id <= world->node_count; id++) {
        g_free(connections->pair_of[id]);
    }
}

static struct pair *pair_at(struct sim_world *world, uint32_t index)
{
    return g_ptr_array_index(world->connections->pairs, index);
}

static uint32_t pair_index(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    struct connections *connections = world->connections;
    if (connections->pair_of[from] == NULL) {
        connections->pair_of[from] = g_new0(uint32_t, world->node_count + 1);
    }
    uint32_t *index = &connections->pair_of[from][to];
    if (*index == 0) {
        struct pair *pair = g_new0(struct pair, 1);
        pair->from = from;
        pair->to = to;
        pair->waiting_max = WAITING_MIN;
        g_queue_init(&pair->waiting);
        g_queue_init(&pair->behind[0]);
        g_queue_init(&pair->behind[1]);
        *index = connections->pairs->len;
        g_ptr_array_add(connections->pairs, pair);
    }
    return *index;
}

/* The time of a handshake: so many round trips, each drawn. */
static sim_time handshake(struct sim_world *world, const struct pair *pair,
                          const struct sim_transport *transport)
{
    if (transport->warm) {
        return 0;
    }
    world->network.handshakes++;
    sim_time time = 0;
    for (int64_t i = 0; i < transport->handshake; i++) {
        time = sim_time_add(time, network_latency(world, pair->from, pair->to));
        time = sim_time_add(time, network_latency(world, pair->to, pair->from));
    }
    return time;
}

static uint64_t *handle_of(struct sim_world *world, uint32_t packet_index)
{
    uint64_t *handle = g_new(uint64_t, 1);
    *handle = sim_pool_handle(&world->packets, packet_index);
    return handle;
}

/* True when the handshake is not over. */
static bool take_multiplexed(struct pair *pair, sim_time now, sim_time idle_max)
{
    if (pair->open == 0 || (pair->in_use == 0 && now - pair->last_used > idle_max)) {
        pair->open = 1;
        pair->ready = SIM_NEVER;
        pair->last_arrival[0] = pair->last_arrival[1] = 0;
    }
    pair->in_use++;
    return now < pair->ready;
}

sim_time connection_handshake(struct sim_world *world, const struct packet *packet)
{
    struct pair *pair = pair_at(world, pair_index(world, packet->from, packet->to));
    const struct sim_transport *transport = world->nodes[packet->from].transport;
    if (!transport->multiplex) {
        return handshake(world, pair, transport);
    }
    sim_time now = world_now(world);
    if (pair->ready == SIM_NEVER) {
        pair->ready = sim_time_add(now, handshake(world, pair, transport));
    }
    return pair->ready > now ? pair->ready - now : 0;
}

sim_time connection_make(struct sim_world *world, uint32_t connection)
{
    const struct pair *pair = pair_at(world, connection);
    return handshake(world, pair, world->nodes[pair->from].transport);
}

static bool take_idle(struct pair *pair, sim_time now, sim_time idle_max)
{
    if (pair->idle_count == 0) {
        return false;
    }
    if (now - pair->idle_since[pair->idle_count - 1] > idle_max) {
        pair->open -= pair->idle_count; /* the most recently used has expired: all have */
        pair->idle_count = 0;
        return false;
    }
    pair->idle_count--;
    return true;
}

/* False when there are as many connections as may be, and none is idle. */
static bool take(struct sim_world *world, struct pair *pair, const struct sim_transport *transport,
                 bool *ret_is_cold)
{
    *ret_is_cold = false;
    if (take_idle(pair, world_now(world), transport->idle)) {
        return true;
    }
    if (transport->connections_max > 0 && pair->open >= (uint64_t)transport->connections_max) {
        return false;
    }
    pair->open++;
    *ret_is_cold = true;
    return true;
}

/* ---- those that wait ---- */

/* False when nobody wants it any more; what is left of it is gone then. */
static bool is_wanted(struct sim_world *world, const struct waiter *waiter)
{
    if (waiter->is_stream) {
        return stream_is_known(world, waiter->handle);
    }
    const struct packet *packet = sim_pool_find(&world->packets, waiter->handle);
    if (packet == NULL) {
        return false;
    }
    if (sim_pool_find(&world->calls, packet->call) == NULL) {
        network_packet_drop(world, sim_pool_index(waiter->handle), "given up");
        return false;
    }
    return true;
}

/* A stream may keep the connection for ever while requests come and are given up. */
static void look_through(struct sim_world *world, struct pair *pair)
{
    for (GList *link = pair->waiting.head; link != NULL;) {
        GList *next = link->next;
        if (!is_wanted(world, link->data)) {
            g_free(link->data);
            g_queue_delete_link(&pair->waiting, link);
        }
        link = next;
    }
    pair->waiting_max = 2 * pair->waiting.length + WAITING_MIN;
}

static void wait_for(struct sim_world *world, struct pair *pair, uint64_t handle, bool is_stream)
{
    struct waiter *waiter = g_new(struct waiter, 1);
    *waiter = (struct waiter){handle, is_stream};
    g_queue_push_tail(&pair->waiting, waiter);
    if (pair->waiting.length > pair->waiting_max) {
        look_through(world, pair);
    }
}

static void send_request(struct sim_world *world, uint32_t packet_index, uint32_t connection,
                         bool is_cold)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct call *call = sim_pool_find(&world->calls, packet->call);
    call->connection = connection;
    packet->is_cold = is_cold;
    network_send_waiting(world, packet_index);
}

/* To who has waited longest and still wants it; false when nobody does. */
static bool hand_on(struct sim_world *world, uint32_t connection, bool is_cold)
{
    struct pair *pair = pair_at(world, connection);
    while (!g_queue_is_empty(&pair->waiting)) {
        g_autofree struct waiter *waiter = g_queue_pop_head(&pair->waiting);
        if (!is_wanted(world, waiter)) {
            continue;
        }
        if (waiter->is_stream) {
            stream_begin(world, waiter->handle, connection, is_cold);
        } else {
            send_request(world, sim_pool_index(waiter->handle), connection, is_cold);
        }
        return true;
    }
    return false;
}

/* ---- taken and given ---- */

bool connection_take(struct sim_world *world, uint32_t packet_index)
{
    struct packet *packet = sim_pool_at(&world->packets, packet_index);
    struct call *call = sim_pool_find(&world->calls, packet->call);
    const struct sim_transport *transport = world->nodes[packet->from].transport;
    uint32_t index = pair_index(world, packet->from, packet->to);
    struct pair *pair = pair_at(world, index);
    if (transport->multiplex) {
        packet->connection = index;
        call->connection = index;
        packet->is_cold = take_multiplexed(pair, world_now(world), transport->idle);
        return true;
    }
    bool is_cold;
    if (!take(world, pair, transport, &is_cold)) {
        wait_for(world, pair, sim_pool_handle(&world->packets, packet_index), false);
        return false;
    }
    packet->is_cold = is_cold;
    call->connection = index;
    return true;
}

void connection_take_for_stream(struct sim_world *world, sim_node_id from, sim_node_id to,
                                sim_stream stream)
{
    uint32_t index = pair_index(world, from, to);
    bool is_cold;
    if (take(world, pair_at(world, index), world->nodes[from].transport, &is_cold)) {
        stream_begin(world, stream, index, is_cold);
    } else {
        wait_for(world, pair_at(world, index), stream, true);
    }
}

static void idle_push(struct pair *pair, sim_time now)
{
    if (pair->idle_count == pair->idle_capacity) {
        pair->idle_capacity = pair->idle_capacity == 0 ? 4 : 2 * pair->idle_capacity;
        pair->idle_since = g_renew(sim_time, pair->idle_since, pair->idle_capacity);
    }
    pair->idle_since[pair->idle_count++] = now;
}

void connection_give(struct sim_world *world, uint32_t connection, bool is_intact)
{
    struct pair *pair = pair_at(world, connection);
    const struct sim_transport *transport = world->nodes[pair->from].transport;
    if (transport->multiplex) {
        pair->in_use--;
        pair->last_used = world_now(world);
        return;
    }
    if (hand_on(world, connection, !is_intact || transport->idle == 0)) {
        return;
    }
    if (is_intact && transport->idle > 0) {
        idle_push(pair, world_now(world));
    } else {
        pair->open--;
    }
}

/* ---- multiplexed ---- */

bool connection_is_blocked(struct sim_world *world, uint32_t connection, bool is_reply)
{
    return !g_queue_is_empty(&pair_at(world, connection)->behind[is_reply]);
}

static GQueue *queue_of(struct sim_world *world, uint32_t packet_index)
{
    const struct packet *packet = sim_pool_at(&world->packets, packet_index);
    return &pair_at(world, packet->connection)->behind[packet->state == PACKET_REPLY];
}

void connection_wait(struct sim_world *world, uint32_t packet_index)
{
    g_queue_push_tail(queue_of(world, packet_index), handle_of(world, packet_index));
}

void connection_wait_first(struct sim_world *world, uint32_t packet_index)
{
    g_queue_push_head(queue_of(world, packet_index), handle_of(world, packet_index));
}

uint32_t connection_next(struct sim_world *world, uint32_t connection, bool is_reply)
{
    g_autofree uint64_t *handle = g_queue_pop_head(&pair_at(world, connection)->behind[is_reply]);
    return handle == NULL ? 0 : sim_pool_index(*handle);
}

void connection_break(struct sim_world *world, uint32_t connection)
{
    pair_at(world, connection)->open = 0;
}

sim_time connection_in_order(struct sim_world *world, uint32_t connection, bool is_reply,
                             sim_time arrives)
{
    sim_time *last = &pair_at(world, connection)->last_arrival[is_reply];
    *last = arrives > *last ? arrives : *last;
    return *last;
}

/* A body larger than the window goes out in rounds that double, a round trip apart (RFC 5681,
 * section 3.1): of `bytes`, the last byte leaves ceil(log2(bytes / window + 1)) - 1 round trips
 * after the first. */
sim_time connection_slow_start(struct sim_world *world, const struct packet *packet)
{
    const struct sim_node *owner =
        &world->nodes[packet->state == PACKET_REPLY ? packet->to : packet->from];
    int64_t window = owner->transport->window_bytes;
    int64_t left = packet->bytes - window;
    sim_time extra = 0;
    while (left > 0) {
        extra = sim_time_add(extra, network_latency(world, packet->to, packet->from));
        extra = sim_time_add(extra, network_latency(world, packet->from, packet->to));
        window = window > INT64_MAX / 2 ? window : 2 * window;
        left -= window;
    }
    return extra;
}

/* The node died: nobody keeps its connections, nor those to it. */
void connections_drop(struct sim_node *node)
{
    struct connections *connections = node->world->connections;
    for (guint i = 1; i < connections->pairs->len; i++) {
        struct pair *pair = g_ptr_array_index(connections->pairs, i);
        bool is_multiplexed = node->world->nodes[pair->from].transport->multiplex;
        if (pair->from == node->id) {
            sim_assert(pair->in_use == 0);
            g_queue_clear_full(&pair->waiting, g_free);
            g_queue_clear_full(&pair->behind[0], g_free);
            pair->open = pair->idle_count = 0;
        } else if (pair->to == node->id) {
            g_queue_clear_full(&pair->behind[1], g_free);
            /* Those in use end with their calls. */
            pair->open = is_multiplexed ? 0 : pair->open - pair->idle_count;
            pair->idle_count = 0;
        }
    }
}

bool connections_audit(const struct sim_world *world, FILE *out)
{
    const GPtrArray *pairs = world->connections->pairs;
    g_autofree uint64_t *counts = g_new0(uint64_t, pairs->len);
    for (uint32_t index = 1; index < world->calls.fresh; index++) {
        if (pool_is_used(&world->calls, index)) {
            counts[((const struct call *)sim_pool_at(&world->calls, index))->connection]++;
        }
    }
    streams_count_connections(world, counts);
    bool is_balanced = true;
    for (guint i = 1; i < pairs->len; i++) {
        const struct pair *pair = g_ptr_array_index(pairs, i);
        const struct sim_node *from = &world->nodes[pair->from];
        uint32_t in_use = from->transport->multiplex ? pair->in_use : pair->open - pair->idle_count;
        is_balanced = is_balanced && in_use == counts[i];
        if (in_use != counts[i] && out != NULL) {
            fprintf(out,
                    "%s: connections to %s do not balance: %u in use, %" PRIu64
                    " by calls and streams\n",
                    from->name, world->nodes[pair->to].name, in_use, counts[i]);
        }
    }
    return is_balanced;
}
