/* Hints: what a replica should have been written while it was away, kept by somebody else.
 *
 * A write that a replica did not acknowledge within the timeout, or that it was not asked for
 * because it was suspected, is kept by the coordinator, where that is a replica (Cassandra: hinted
 * handoff); one that was written to a stand-in is kept there, and serves reads until it has been
 * handed on (DeCandia and others, "Dynamo", SOSP 2007, section 4.6). Every `handoff_interval` those
 * for members who are not suspected are sent, some at a time. A hint that is not acknowledged
 * goes back to the end of its queue. A member that has been suspected for longer than `hint_window`
 * is kept nothing any more: anti-entropy must help it (Cassandra: max_hint_window).
 *
 * Hints are in the log of whoever keeps them. After a crash some may be delivered again, which does
 * no harm: what is older than what is there changes nothing.
 *
 * Left out: a limit on the bandwidth of handing off, and on the size of what is kept.
 */
#include <stdlib.h>

#include "store/quorum/quorum.h"

#define IN_FLIGHT_MAX 128u /* to one member [Cassandra: one batch of a hints file at a time] */

void quorum_hints_start(struct sim_node *self, struct quorum_replica *replica)
{
    replica->hints = sim_alloc(self, replica->coordinator->member_count * sizeof *replica->hints);
}

void quorum_hints_release(struct sim_node *self, struct quorum_replica *replica)
{
    sim_level(self, QUORUM_HINTS, -(int64_t)replica->hint_count);
    replica->hint_count = 0;
    for (uint32_t i = 0; i < replica->coordinator->member_count; i++) {
        free(replica->hints[i].entries);
        replica->hints[i] = (struct quorum_hint_queue){0};
    }
}

static void push(struct quorum_hint_queue *queue, const struct quorum_entry *entry)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity == 0 ? 16 : 2 * queue->capacity;
        queue->entries = realloc(queue->entries, queue->capacity * sizeof *queue->entries);
        sim_assert(queue->entries != NULL); /* out of memory ends the process */
    }
    queue->entries[queue->count++] = *entry;
}

void quorum_hint_keep(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                      const struct quorum_entry *entry)
{
    push(&replica->hints[owner], entry);
    replica->hint_count++;
    sim_level(self, QUORUM_HINTS, 1);
    sim_count(self, QUORUM_HINTS_STORED, 1);
    if (!replica->is_handing_off) {
        replica->is_handing_off = true;
        sim_after(self, replica->params->handoff_interval, QUORUM_TIMER_HANDOFF, 0);
    }
}

void quorum_hint(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                 const struct quorum_entry *entry)
{
    const struct quorum_member *member = &replica->coordinator->members[owner];
    sim_time window = replica->params->hint_window;
    if (!replica->params->hinted_handoff ||
        (member->is_suspected && sim_now(self) - member->suspected_since > window)) {
        return;
    }
    quorum_log_hint(self, replica, owner, entry);
    quorum_hint_keep(self, replica, owner, entry);
}

/* Forgets what was delivered, and what was held for reads when nothing is left for anybody. */
void quorum_hints_forget(struct sim_node *self, struct quorum_replica *replica, uint32_t owner)
{
    struct quorum_hint_queue *queue = &replica->hints[owner];
    int64_t left = (int64_t)(queue->count - queue->next) + queue->in_flight;
    sim_level(self, QUORUM_HINTS, -left);
    replica->hint_count -= (uint64_t)left;
    queue->count = queue->next = queue->in_flight = 0;
    if (replica->hint_count == 0) {
        cells_clear(&replica->stand_in);
        cells_init(&replica->stand_in);
    }
}

static void send_some(struct sim_node *self, struct quorum_replica *replica, uint32_t owner)
{
    struct quorum_hint_queue *queue = &replica->hints[owner];
    while (queue->next < queue->count && queue->in_flight < IN_FLIGHT_MAX &&
           !replica->coordinator->members[owner].is_suspected) {
        struct quorum_entry entry = queue->entries[queue->next++];
        queue->in_flight++;
        quorum_deliver_hint(self, replica->coordinator, owner, &entry);
    }
}

void quorum_hint_ended(struct sim_node *self, struct quorum_replica *replica, uint32_t owner,
                       const struct quorum_entry *entry, bool is_delivered)
{
    struct quorum_hint_queue *queue = &replica->hints[owner];
    queue->in_flight--;
    if (!is_delivered) {
        push(queue, entry);
        return;
    }
    replica->hint_count--;
    sim_level(self, QUORUM_HINTS, -1);
    sim_count(self, QUORUM_HINTS_DELIVERED, 1);
    if (queue->next == queue->count && queue->in_flight == 0) {
        quorum_log_delivered(self, replica, owner);
        quorum_hints_forget(self, replica, owner);
    } else {
        send_some(self, replica, owner);
    }
}

void quorum_handoff(struct sim_node *self, struct quorum_replica *replica)
{
    replica->is_handing_off = replica->hint_count > 0;
    if (!replica->is_handing_off) {
        return;
    }
    sim_after(self, replica->params->handoff_interval, QUORUM_TIMER_HANDOFF, 0);
    for (uint32_t owner = 0; owner < replica->coordinator->member_count; owner++) {
        send_some(self, replica, owner);
    }
}
