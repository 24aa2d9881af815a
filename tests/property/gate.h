/* A gate: a node that passes requests on to the members of a group in turn, and keeps what was
 * asked of them, with which fencing token, and what they said. It stands between a model under test
 * and a store that is none of what the test is about, has no faults, and outlives those who ask.
 */
#ifndef TESTS_PROPERTY_GATE_H
#define TESTS_PROPERTY_GATE_H

#include "probe.h"

struct gate_entry {
    sim_node_id from;
    uint16_t operation;
    uint64_t key, value, token;
    sim_time invoked, completed; /* SIM_NEVER: there was no answer */
    struct sim_reply reply;
};

/* What the gate remembers of a request that it has passed on; lives in the frame of a probe. */
struct gate_pending {
    sim_ticket ticket;
    uint64_t index; /* of the entry */
};

struct gate {
    struct probe probe;
    sim_node_id first; /* of the members */
    uint32_t members;
    GArray *entries; /* struct gate_entry */
};

G_STATIC_ASSERT(sizeof(struct gate_pending) <= sizeof(struct sim_operation_id));

static inline struct gate_entry *gate_at(const struct gate *gate, uint64_t index)
{
    return &g_array_index(gate->entries, struct gate_entry, index);
}

static inline void gate_ask(struct sim_node *self, const struct sim_input *in, struct gate *gate)
{
    struct gate_entry entry = {.from = in->from,
                               .operation = in->request->operation,
                               .key = in->request->key,
                               .value = in->request->value,
                               .token = in->request->fencing_token,
                               .invoked = sim_now(self),
                               .completed = SIM_NEVER};
    struct sim_request request = *in->request;
    sim_node_id to = gate->first + gate->entries->len % gate->members;
    request.attempt = 0;
    request.deadline = SIM_NEVER;
    sim_frame frame = sim_frame_new(self);
    struct gate_pending *pending = sim_frame_at(self, frame);
    pending->ticket = in->ticket;
    pending->index = gate->entries->len;
    g_array_append_val(gate->entries, entry);
    sim_send_request(self, to, &request, s(2), frame);
}

static inline void gate_told(struct sim_node *self, const struct sim_input *in,
                             const struct gate *gate)
{
    const struct gate_pending *pending = sim_frame_at(self, in->tag);
    struct gate_entry *entry = gate_at(gate, pending->index);
    entry->reply = in->outcome->reply;
    if (sim_status_is_answer(entry->reply.status)) {
        entry->completed = sim_now(self);
    }
    struct sim_reply reply = entry->reply;
    reply.status = sim_status_passed_on(entry->operation, reply.status);
    sim_answer(self, pending->ticket, &reply);
    sim_frame_end(self, in->tag);
}

static inline void gate_on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    if (in->kind == SIM_IN_REQUEST) {
        gate_ask(self, in, probe->data);
    } else if (in->kind == SIM_IN_OUTCOME) {
        gate_told(self, in, probe->data);
    }
}

/* `gate` must outlive the fixture. */
static inline void gate_add(struct fixture *f, struct gate *gate, const char *name,
                            sim_node_id first, uint32_t members)
{
    *gate = (struct gate){.probe = {.on = gate_on, .data = gate, .forgets = true},
                          .first = first,
                          .members = members,
                          .entries = g_array_new(FALSE, FALSE, sizeof(struct gate_entry))};
    probe_add(f, &gate->probe, name, 1);
    fixture_group(f, name)->transport.retransmit = ms(50);
}

static inline void gate_clear(struct gate *gate)
{
    g_array_free(gate->entries, TRUE);
    probe_clear(&gate->probe);
}

#endif
