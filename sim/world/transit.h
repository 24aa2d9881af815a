/* On the way from node to node, for the files of this folder only: packets, links and cards, what
 * troubles them, connections.
 */
#ifndef BRINK_WORLD_TRANSIT_H
#define BRINK_WORLD_TRANSIT_H

#include "world/internal.h"

/* network.c */
/* Sends a packet on its way from packet->from to packet->to; takes care of connections, loss, cuts,
 * retransmission and duplication, and posts its arrival. */
void network_send(struct sim_world *world, struct packet *packet);
/* The same for a packet that waited for a connection and has one now. */
void network_send_waiting(struct sim_world *world, uint32_t packet_index);
void network_on_transmit(struct sim_world *world, const struct sim_event *event);
/* True when the receiver's network card delays the packet further: it was posted again. */
bool network_delays_at_card(struct sim_world *world, uint32_t packet_index,
                            const struct sim_event *event);
SIM_SELDOM void network_packet_drop(struct sim_world *world, uint32_t packet_index,
                                    const char *why);

/* link.c */
void network_init(struct sim_world *world);
static inline struct link *network_link(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    const struct sim_node *sender = &world->nodes[from];
    uint32_t there = world->nodes[to].zone;
    uint32_t between = sender->zone * world->spec->network.zone_count + there;
    return &world->links[sender->zone == there ? sender->machine->port : between];
}
/* A one-way latency between two nodes, drawn for `from`; faults included. */
sim_time network_latency(struct sim_world *world, sim_node_id from, sim_node_id to);
/* The way of `bytes` that are no packet. What becomes of them when they set out now: */
enum setting_out {
    OUT_LOST,    /* or cut off */
    OUT_AT_CARD, /* *ret_time: enters the link then, by an event of its own even if that is at once,
                    so that what sets out later does not overtake it */
    OUT_FLYING   /* *ret_time: has flown then */
};
enum setting_out network_set_out(struct sim_world *world, sim_node_id from, sim_node_id to,
                                 int64_t bytes, sim_time *ret_time);
/* Past the sender's card: when they have passed the link and flown, faults included. */
sim_time network_fly(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
                     sim_time leaves);
/* Whether what the machine itself sends now, past its card, is neither cut off nor lost. */
bool network_try(struct sim_world *world, sim_node_id from, sim_node_id to);
/* True where the receiver has a network card to pass: it arrives by an event of its own then. */
bool network_enter_card(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
                        sim_time *ret_through);

/* trouble.c */
void troubles_clear(struct sim_world *world);
/* Works out world->is_calm: at the start, and when troubles come and go. */
void network_look(struct sim_world *world);
/* What a link's law and the degradations in force make of it for a pair of nodes. */
struct conditions {
    double factor;   /* of latency */
    double slowness; /* of bandwidth: the time a byte takes is multiplied */
    double loss;
    sim_time extra;
};
struct conditions network_conditions(const struct sim_world *world, sim_node_id from,
                                     sim_node_id to, const struct sim_link_law *law);
/* Steps of the way, in link.c. When `bytes` have passed the sender's network card; false where the
 * link comes only then. */
bool card_pass(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
               sim_time *ret_leaves);
/* Past the sender's card: when the last byte is on the link's wire. */
sim_time link_pass(struct link *link, sim_time time, int64_t bytes,
                   const struct conditions *conditions);
sim_time link_latency(const struct sim_link_law *law, struct sim_random *random,
                      const struct conditions *conditions);
bool network_is_cut(const struct sim_world *world, sim_node_id from, sim_node_id to);
/* One way; each cut is undone by one that heals. */
void network_set_cut(struct sim_world *world, sim_node_id from, sim_node_id to, bool is_cut);
/* Puts a partition or a degradation of links in force, or ends it. */
void network_begin_fault(struct sim_world *world, const struct sim_fault_spec *fault);
void network_end_fault(struct sim_world *world, const struct sim_fault_spec *fault);

/* connection.c */
void connections_init(struct sim_world *world);
void connections_clear(struct sim_world *world);
/* Takes a connection for the packet's call, and says by packet->is_cold whether it must be made
 * first. False: the packet waits for a connection to come free and will be sent then. */
bool connection_take(struct sim_world *world, uint32_t packet_index);
/* Where the opener's transport limits connections, each of its streams occupies one. */
static inline bool connection_is_limited(const struct sim_transport *transport)
{
    return transport->kind == SIM_TRANSPORT_CONNECTION && !transport->multiplex &&
           transport->connections_max > 0;
}
/* Begins the stream by stream_begin(), at once or when a connection has come free. */
void connection_take_for_stream(struct sim_world *world, sim_node_id from, sim_node_id to,
                                sim_stream stream);
/* The handshake of a stream's connection begins: how long it takes. */
sim_time connection_make(struct sim_world *world, uint32_t connection);
/* The handshake of a cold packet begins, now that something gets through: how long it takes. */
sim_time connection_handshake(struct sim_world *world, const struct packet *packet);
/* The call or stream is over: its connection is idle again, or closed when the call failed. */
void connection_give(struct sim_world *world, uint32_t connection, bool is_intact);
/* Arrival not before that of what went before on the same multiplexed connection. */
sim_time connection_in_order(struct sim_world *world, uint32_t connection, bool is_reply,
                             sim_time arrives);
/* What waits on a multiplexed connection behind a packet that has yet to be transmitted, which is
 * the first of the queue itself. */
bool connection_is_blocked(struct sim_world *world, uint32_t connection, bool is_reply);
void connection_wait(struct sim_world *world, uint32_t packet_index);
void connection_wait_first(struct sim_world *world, uint32_t packet_index);
/* Takes the first out of the queue: its packet, or 0 when the queue was empty. */
uint32_t connection_next(struct sim_world *world, uint32_t connection, bool is_reply);
/* The connection broke: the next packet makes a new one. */
void connection_break(struct sim_world *world, uint32_t connection);
/* Extra time of slow start for the packet's body. */
sim_time connection_slow_start(struct sim_world *world, const struct packet *packet);
void connections_drop(struct sim_node *node);

/* stream.c */
bool stream_is_known(const struct sim_world *world, sim_stream stream);
/* The stream has got a connection, which is to be made first where it is cold. */
void stream_begin(struct sim_world *world, sim_stream stream, uint32_t connection, bool is_cold);
/* Adds to the count of each connection's pair the streams that occupy one. */
void streams_count_connections(const struct sim_world *world, uint64_t *counts);

static inline struct packet *packet_at(struct sim_world *world, uint32_t index)
{
    return sim_pool_at(&world->packets, index);
}

/* What every journey begins with. */
static inline void packet_set_out(struct packet *packet, enum packet_state state)
{
    packet->state = (uint8_t)state;
    packet->attempts = 0;
    packet->is_cold = packet->has_left_card = packet->is_through_card = false;
}

#endif
