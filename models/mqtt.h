/* MQTT 3.1.1 (OASIS Standard, 29 October 2014) between feed.broker and client.streaming: what a
 * stream and a few messages say of it.
 *
 * A stream is the network connection. Its tag is the CONNECT packet (section 3.1): the client's
 * index above EVENT_BITS of feed.h, which with its node is the client identifier, and below them
 * the keep-alive, clean session and quality of service of the one subscription. The first item is
 * the CONNACK, of version 0; every other one is a PUBLISH.
 */
#ifndef BRINK_MODELS_MQTT_H
#define BRINK_MODELS_MQTT_H

#include "feed.h"

/* Names of messages, and their bytes on the wire. */
#define MQTT_PUBACK "puback" /* words: stream, number of the update; section 3.4 */
#define MQTT_PUBACK_BYTES 4
#define MQTT_PING "pingreq"  /* words: stream; section 3.12 */
#define MQTT_PONG "pingresp" /* words: tag of the stream; section 3.13 */
#define MQTT_PING_BYTES 2

struct mqtt_connect {
    uint64_t client;
    sim_time keep_alive; /* 0 = none; whole milliseconds */
    bool is_clean;
    int qos; /* 0, 1 */
};

static inline uint64_t mqtt_tag(const struct mqtt_connect *connect)
{
    uint64_t keep_ms = (uint64_t)(connect->keep_alive / SIM_MILLISECOND);
    return feed_tag(connect->client,
                    keep_ms << 2 | (connect->is_clean ? 2u : 0u) | (connect->qos > 0 ? 1u : 0u));
}

static inline struct mqtt_connect mqtt_connect_of(uint64_t tag)
{
    uint64_t low = tag & EVENT_NUMBER_MASK;
    return (struct mqtt_connect){.client = tag >> EVENT_BITS,
                                 .keep_alive = (sim_time)(low >> 2) * SIM_MILLISECOND,
                                 .is_clean = (low & 2) != 0,
                                 .qos = (int)(low & 1)};
}

#endif
