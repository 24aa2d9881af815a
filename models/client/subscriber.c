/* MQTT at the client; see subscriber.h. Sections of MQTT 3.1.1 (OASIS Standard, 29 October 2014).
 *
 * A client pings at the interval of its keep-alive, whatever else it sends, and closes the
 * connection when an answer has not come by the next time (3.1.2.10 leaves that time open). With
 * quality of service 1 it acknowledges every item at once, also one that it has already (4.3.2).
 * What it has it knows of the latest 64 updates; older ones that come are taken for duplicates.
 *
 * Left out: DISCONNECT, so that no connection ends without the will.
 */
#include "client/subscriber.h"

#define SEEN 64u

uint64_t mqtt_client_tag(const struct mqtt *mqtt, uint64_t client)
{
    struct mqtt_connect connect = {.client = client,
                                   .keep_alive = mqtt->params->keep_alive,
                                   .is_clean = mqtt->params->clean,
                                   .qos = (int)mqtt->params->qos};
    return mqtt_tag(&connect);
}

static void arm(struct sim_node *self, struct mqtt *mqtt, uint64_t client)
{
    if (mqtt->params->keep_alive > 0) {
        mqtt->clients[client].ping = sim_after(self, mqtt->params->keep_alive, mqtt->timer, client);
    }
}

void mqtt_client_begin(struct sim_node *self, struct mqtt *mqtt, uint64_t client)
{
    mqtt->clients[client].awaits_pong = false;
    arm(self, mqtt, client);
}

void mqtt_client_end(struct sim_node *self, struct mqtt *mqtt, uint64_t client)
{
    sim_cancel(self, mqtt->clients[client].ping);
    mqtt->clients[client].ping = 0;
}

bool mqtt_client_ping(struct sim_node *self, struct mqtt *mqtt, uint64_t client, sim_stream stream)
{
    struct mqtt_client *own = &mqtt->clients[client];
    if (own->awaits_pong) {
        return false;
    }
    own->awaits_pong = true;
    const uint64_t words[SIM_MESSAGE_WORDS] = {stream};
    sim_send_message(self, own->broker, mqtt->pingreq, words, MQTT_PING_BYTES);
    arm(self, mqtt, client);
    return true;
}

void mqtt_client_on_pong(struct mqtt *mqtt, uint64_t client)
{
    mqtt->clients[client].awaits_pong = false;
}

/* As RFC 4303, section 3.4.3, keeps replays out. */
static bool is_new(struct mqtt_client *own, uint64_t number, uint64_t *newest)
{
    if (number > *newest) {
        uint64_t ahead = number - *newest;
        own->seen = (ahead < SEEN ? own->seen << ahead : 0) | 1;
        *newest = number;
        return true;
    }
    uint64_t behind = *newest - number;
    uint64_t bit = behind < SEEN ? UINT64_C(1) << behind : 0;
    bool has_it = bit == 0 || (own->seen & bit) != 0;
    own->seen |= bit;
    return !has_it;
}

bool mqtt_client_take(struct sim_node *self, struct mqtt *mqtt, uint64_t client, sim_stream stream,
                      const struct sim_item *item, uint64_t *number)
{
    if (mqtt->params->qos > 0) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {stream, item->version};
        sim_send_message(self, mqtt->clients[client].broker, mqtt->puback, words,
                         MQTT_PUBACK_BYTES);
    }
    return is_new(&mqtt->clients[client], item->version, number);
}
