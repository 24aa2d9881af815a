/* Streams: open, credit, item, close: subscriptions, server push, consumers, replication feeds.
 *
 * A stream is a slot in a table, known by the same handle at both ends. The opener states a tag
 * that the far end sees in SIM_IN_STREAM_OPENED; items flow from the far end to the opener (push),
 * each taking one credit; the opener grants more. An item says what is new: a key, and the version
 * that there is of it now. Items of one stream arrive in order, after cards and links that have a
 * bandwidth as messages do. When either end dies, closes, or cannot be reached, the other gets
 * SIM_IN_STREAM_CLOSED once.
 *
 * Where the opener's transport has connections_max and does not multiplex, a stream occupies a
 * connection of that pool until the opener is done with it: its opening waits for one to come free.
 */
#ifndef BRINK_WORLD_STREAM_H
#define BRINK_WORLD_STREAM_H

#include "world/node.h"

sim_stream sim_stream_open(struct sim_node *self, sim_node_id to, uint64_t tag, uint64_t credit);
/* At the far end: false when the stream is gone or has no credit left; the item was not sent. */
bool sim_stream_send(struct sim_node *self, sim_stream stream, struct sim_item item, int64_t bytes);
void sim_stream_grant(struct sim_node *self, sim_stream stream, uint64_t credit);
void sim_stream_close(struct sim_node *self, sim_stream stream, enum sim_status status);
bool sim_stream_is_open(const struct sim_node *self, sim_stream stream);
uint64_t sim_stream_tag(const struct sim_node *self, sim_stream stream);

#endif
