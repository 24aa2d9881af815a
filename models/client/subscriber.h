/* What the clients of client.streaming add to a stream where they speak MQTT 3.1.1: see mqtt.h and
 * models/feed/broker.c. */
#ifndef BRINK_MODELS_CLIENT_SUBSCRIBER_H
#define BRINK_MODELS_CLIENT_SUBSCRIBER_H

#include "mqtt.h"

enum protocol { PROTOCOL_EVENTS, PROTOCOL_MQTT };

struct mqtt_params {
    int64_t qos;
    bool clean;
    sim_time keep_alive;
};

struct mqtt_client {
    sim_node_id broker; /* of its latest attempt to connect */
    sim_timer ping;
    uint64_t seen; /* of the 64 updates up to the newest: bit i, the newest less i */
    bool awaits_pong;
};

struct mqtt {
    const struct mqtt_params *params;
    struct mqtt_client *clients; /* NULL: another protocol */
    int timer, puback, pingreq;  /* of the model: a timer, messages */
};

uint64_t mqtt_client_tag(const struct mqtt *mqtt, uint64_t client);
/* It is connected: pings from now on. */
void mqtt_client_begin(struct sim_node *self, struct mqtt *mqtt, uint64_t client);
void mqtt_client_end(struct sim_node *self, struct mqtt *mqtt, uint64_t client);
/* The timer: false when the last ping was not answered, and the connection is to be closed. */
bool mqtt_client_ping(struct sim_node *self, struct mqtt *mqtt, uint64_t client, sim_stream stream);
void mqtt_client_on_pong(struct mqtt *mqtt, uint64_t client);
/* An item came, of one update: acknowledges it, and moves `number`, the newest that the client has.
 * False when it has that one already. */
bool mqtt_client_take(struct sim_node *self, struct mqtt *mqtt, uint64_t client, sim_stream stream,
                      const struct sim_item *item, uint64_t *number);

#endif
