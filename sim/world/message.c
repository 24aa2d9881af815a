/* Messages of models to each other: a packet that nobody waits for. Also the message that takes a
 * request back.
 */
#include "world/body.h"
#include "world/transit.h"

void sim_send_message_with(struct sim_node *self, sim_node_id to, int message,
                           const uint64_t words[SIM_MESSAGE_WORDS], const uint64_t *body,
                           uint32_t count, int64_t bytes)
{
    struct sim_world *world = self->world;
    struct packet *packet = sim_pool_new(&world->packets);
    packet->from = self->id;
    packet->to = to;
    packet->call = 0;
    packet->sent = world_now(world);
    packet->connection = 0;
    packet_set_out(packet, PACKET_MESSAGE);
    packet->message = (uint8_t)message;
    packet->bytes = bytes;
    memcpy(packet->words, words, sizeof packet->words);
    packet->body = count > 0 ? body_new(world, body, count) : 0;
    packet->body_count = count;
    network_send(world, packet);
}

void sim_send_message(struct sim_node *self, sim_node_id to, int message,
                      const uint64_t words[SIM_MESSAGE_WORDS], int64_t bytes)
{
    sim_send_message_with(self, to, message, words, NULL, 0, bytes);
}

/* Of a message that was sent, whoever's it is. */
const char *call_message_name(const struct sim_node *from, uint8_t message)
{
    return message == MESSAGE_WITHDRAW ? "withdraw" : from->model->messages[message];
}

/* The request that the message names, unless it has been answered or has not come. Its caller is
 * from now on somebody who is not there. */
static void withdraw(struct sim_node *node, const struct packet *message)
{
    struct sim_world *world = node->world;
    uint32_t index = (uint32_t)message->words[0];
    struct packet *packet = pool_is_used(&world->packets, index) ? packet_at(world, index) : NULL;
    if (packet == NULL || packet->state != PACKET_OPEN || packet->to != node->id ||
        packet->call != message->words[1]) {
        return;
    }
    packet->caller_incarnation = INCARNATION_NOBODY;
    struct sim_input input = {.kind = SIM_IN_WITHDRAWN,
                              .from = packet->from,
                              .ticket = sim_pool_handle_of(packet),
                              .request = &packet->request};
    world_input(node, &input);
}

/* The index of a message in the table of who gets it; -1 where that has none of its name. */
static int message_at(const struct sim_node *to, const struct sim_node *from, uint8_t message)
{
    if (to->model == from->model) {
        return message;
    }
    const char *const *names = to->model->messages;
    for (int i = 0; names != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], from->model->messages[message]) == 0) {
            return i;
        }
    }
    return -1;
}

void call_on_message(struct sim_world *world, const struct sim_event *event)
{
    uint32_t packet_index = (uint32_t)event->payload;
    if (network_delays_at_card(world, packet_index, event)) {
        return;
    }
    struct packet *packet = packet_at(world, packet_index);
    struct sim_node *node = &world->nodes[packet->to];
    if (!node->is_up) {
        network_packet_drop(world, packet_index, "down");
        return;
    }
    if (packet->message == MESSAGE_WITHDRAW) {
        struct packet message = *packet;
        sim_pool_end(&world->packets, packet);
        withdraw(node, &message);
        return;
    }
    int message = message_at(node, &world->nodes[packet->from], packet->message);
    if (message < 0) {
        network_packet_drop(world, packet_index, "ignored");
        return;
    }
    if (world_is_tracing(world)) {
        world_trace(world, SIM_TRACE_ARRIVE, packet->to, packet->from,
                    node->model->messages[message], packet_index, packet->words[0]);
    }
    uint64_t words[SIM_MESSAGE_WORDS];
    memcpy(words, packet->words, sizeof words);
    uint32_t body = packet->body;
    uint32_t body_count = packet->body_count;
    struct sim_input input = {
        .kind = SIM_IN_MESSAGE,
        .from = packet->from,
        .message = (uint16_t)message,
        .words = words,
        .body = body == 0 ? NULL : body_words(world, body, body_count),
        .body_count = body_count,
    };
    sim_pool_end(&world->packets, packet);
    world_input(node, &input);
    if (body != 0) {
        body_end(world, body, body_count);
    }
}
