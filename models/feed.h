/* Feeds: the updates of one publisher, numbered from 1, on their way to many clients.
 *
 * The publisher commits update n as version n of the key that is its own node id, so that the world
 * knows when each was published; a stream carries them so. One names with it all before it. Whoever
 * has got one says so through feed_delivered.
 *
 * An event is the same in one word: the publisher's node id above EVENT_BITS, the number below. 0
 * is none. A poll carries it as its session token (the Last-Event-ID of server-sent events).
 *
 * An update travels as a request to append: `key` is the publisher's node id, `value` the number.
 */
#ifndef BRINK_MODELS_FEED_H
#define BRINK_MODELS_FEED_H

#include "sim.h"

#define EVENT_BITS 40
#define EVENT_NUMBER_MASK ((UINT64_C(1) << EVENT_BITS) - 1)

static inline uint64_t feed_event(sim_node_id publisher, uint64_t number)
{
    return (uint64_t)publisher << EVENT_BITS | (number & EVENT_NUMBER_MASK);
}

static inline uint64_t feed_number(uint64_t event)
{
    return event & EVENT_NUMBER_MASK;
}

static inline struct sim_item feed_item(uint64_t event)
{
    return (struct sim_item){.key = event >> EVENT_BITS, .version = feed_number(event)};
}

/* A stream is opened by a client that tells who it is and how far it has got, in the stream's tag:
 * the client's index above EVENT_BITS, the number of the latest update that it has below. */
#define FEED_CLIENTS_MAX (INT64_C(1) << (64 - EVENT_BITS))

static inline uint64_t feed_tag(uint64_t client, uint64_t number)
{
    return client << EVENT_BITS | (number & EVENT_NUMBER_MASK);
}

/* Somebody who had the updates up to number `after` has them up to `item`: records the delay of
 * each that was published since `since`. Returns how many there were. */
static inline uint64_t feed_delivered(struct sim_node *self, int metric, struct sim_item item,
                                      uint64_t after, sim_time since)
{
    struct sim_delivery delivery = {.store = (sim_node_id)item.key,
                                    .key = item.key,
                                    .after = after,
                                    .version = item.version,
                                    .since = since};
    return sim_delivered(self, metric, &delivery);
}

#endif
