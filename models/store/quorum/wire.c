/* Wire of a quorum store: how asks and answers travel as words of a message. */
#include "store/quorum/quorum.h"

const char *const quorum_protocol_names[] = {"last_write_wins", "abd", NULL};
const char *const quorum_placement_names[] = {"ring", "random", "copysets", NULL};
const char *const quorum_messages[] = {"ask",  "answer", "ping",    "pong",
                                       "tree", "leaves", "entries", NULL};
const char *const quorum_timers[] = {"timeout", "probe", "sync", "handoff", "anti-entropy", NULL};
const char *const quorum_draws[] = {"service", "repair", "peer", NULL};

void quorum_ask(struct sim_node *self, struct quorum_coordinator *coordinator,
                const struct quorum_ask *ask)
{
    if (ask->member == coordinator->own) {
        quorum_replica_ask(self, coordinator->replica, ask);
        return;
    }
    bool has_value = ask->kind == QUORUM_ASK_WRITE || ask->kind == QUORUM_ASK_REPAIR;
    const uint64_t words[SIM_MESSAGE_WORDS] = {
        ask->frame,
        ask->entry.key,
        ask->entry.value,
        ask->entry.version,
        (uint64_t)ask->member << 32 | ask->owner,
        (uint64_t)ask->priority << 40 | (uint64_t)ask->operation << 32 | (uint64_t)ask->kind << 24 |
            (uint64_t)ask->slot << 16 | (uint64_t)ask->round << 8 | (ask->entry.is_deleted ? 1 : 0),
        (uint64_t)ask->bytes,
    };
    sim_send_message(self, coordinator->members[ask->member].id, QUORUM_ASK, words,
                     QUORUM_HEADER_BYTES + (has_value ? ask->bytes : 0));
}

struct quorum_ask quorum_ask_of(const struct sim_input *in)
{
    const uint64_t *words = in->words;
    return (struct quorum_ask){
        .frame = words[0],
        .from = in->from,
        .member = (uint32_t)(words[4] >> 32),
        .owner = (uint32_t)words[4],
        .priority = (uint16_t)(words[5] >> 40),
        .operation = (uint8_t)(words[5] >> 32),
        .kind = (uint8_t)(words[5] >> 24),
        .slot = (uint8_t)(words[5] >> 16),
        .round = (uint8_t)(words[5] >> 8),
        .bytes = (int64_t)words[6],
        .entry = {.key = words[1],
                  .value = words[2],
                  .version = words[3],
                  .is_deleted = (words[5] & 1) != 0},
    };
}

void quorum_send_answer(struct sim_node *self, sim_node_id to, const struct quorum_answer *answer,
                        int64_t bytes)
{
    const uint64_t words[SIM_MESSAGE_WORDS] = {
        answer->frame,
        (uint64_t)answer->member << 32 | (uint64_t)answer->slot << 16 |
            (uint64_t)answer->round << 8 | (answer->is_refused ? 2 : 0) |
            (answer->entry.is_deleted ? 1 : 0),
        answer->entry.value,
        answer->entry.version,
        (uint64_t)answer->queue,
        (uint64_t)answer->service,
        (uint64_t)answer->fsync,
    };
    sim_send_message(self, to, QUORUM_ANSWER, words, QUORUM_HEADER_BYTES + bytes);
}

static void on_answer(struct sim_node *self, struct quorum_coordinator *coordinator,
                      const uint64_t *words)
{
    struct quorum_answer answer = {
        .frame = words[0],
        .member = (uint32_t)(words[1] >> 32),
        .slot = (uint8_t)(words[1] >> 16),
        .round = (uint8_t)(words[1] >> 8),
        .is_refused = (words[1] & 2) != 0,
        .entry = {.value = words[2], .version = words[3], .is_deleted = (words[1] & 1) != 0},
        .queue = (sim_time)words[4],
        .service = (sim_time)words[5],
        .fsync = (sim_time)words[6],
    };
    quorum_answered(self, coordinator, &answer);
}

void quorum_coordinator_message(struct sim_node *self, struct quorum_coordinator *coordinator,
                                const struct sim_input *in)
{
    if (in->message == QUORUM_ANSWER) {
        on_answer(self, coordinator, in->words);
    } else if (in->message == QUORUM_PONG) {
        quorum_heard(self, coordinator, (uint32_t)in->words[0]);
    }
}
