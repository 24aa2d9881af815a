/* Sessions: whether a session's reads go back behind what it has seen.
 *
 * An observer outside the models, beside staleness.c. Of each key that a session of a source has
 * been told a version of it remembers the newest that was read and the newest that was written. A
 * read that begins after that and brings an older one breaks monotonic reads, or read your writes
 * (Terry and others, "Session guarantees for weakly consistent replicated data", PDIS 1994,
 * sections 3 and 4). The first KEYS_MAX pairs of session and key of a run are followed; reads of
 * others are not counted.
 */
#include "world/internal.h"

#include <glib.h>

#define KEYS_MAX (UINT64_C(1) << 18)
#define SLOTS_FIRST (UINT64_C(1) << 10)

/* The newest version of one kind, and since when the session has known it. */
struct known {
    uint64_t version;
    sim_time since;
};

struct session_key {
    uint64_t session, key;
    sim_node_id node;
    uint32_t store; /* index of its group */
    struct known read, written;
};

struct sessions {
    struct session_key *slots; /* open addressing, at most half full; node 0 = empty */
    uint64_t slot_mask, count;
};

void sessions_init(struct sim_world *world)
{
    if (world->versions == NULL) {
        return;
    }
    world->sessions = g_new0(struct sessions, 1);
    world->sessions->slots = g_new0(struct session_key, SLOTS_FIRST);
    world->sessions->slot_mask = SLOTS_FIRST - 1;
}

void sessions_clear(struct sim_world *world)
{
    if (world->sessions != NULL) {
        g_free(world->sessions->slots);
        g_free(world->sessions);
    }
}

static bool is_at(const struct session_key *slot, const struct session_key *wanted)
{
    return slot->key == wanted->key && slot->session == wanted->session &&
           slot->node == wanted->node && slot->store == wanted->store;
}

/* The slot of the pair, or the empty one that it belongs into. */
static struct session_key *slot_of(const struct sessions *sessions,
                                   const struct session_key *wanted)
{
    uint64_t who = (uint64_t)wanted->node << 32 | wanted->store;
    uint64_t at = sim_hash_pair(sim_hash_pair(who, wanted->session), wanted->key);
    for (;; at++) {
        struct session_key *slot = &sessions->slots[at & sessions->slot_mask];
        if (slot->node == 0 || is_at(slot, wanted)) {
            return slot;
        }
    }
}

static void grow(struct sessions *sessions)
{
    struct session_key *old = sessions->slots;
    uint64_t old_size = sessions->slot_mask + 1;
    sessions->slots = g_new0(struct session_key, 2 * old_size);
    sessions->slot_mask = 2 * old_size - 1;
    for (uint64_t i = 0; i < old_size; i++) {
        if (old[i].node != 0) {
            *slot_of(sessions, &old[i]) = old[i];
        }
    }
    g_free(old);
}

/* NULL when there is no room for one more. */
static struct session_key *take(struct sessions *sessions, const struct session_key *wanted)
{
    struct session_key *slot = slot_of(sessions, wanted);
    if (slot->node != 0) {
        return slot;
    }
    if (sessions->count == KEYS_MAX) {
        return NULL;
    }
    if (2 * (sessions->count + 1) > sessions->slot_mask) {
        grow(sessions);
        slot = slot_of(sessions, wanted);
    }
    sessions->count++;
    *slot = *wanted;
    return slot;
}

static bool is_known(const struct known *known, sim_time began)
{
    return known->version != 0 && known->since <= began;
}

static void judge(struct sim_node *self, const struct session_key *slot, sim_time began,
                  uint64_t version)
{
    bool has_read = is_known(&slot->read, began), has_written = is_known(&slot->written, began);
    if (has_read || has_written) {
        metric_count(self, SIM_STANDARD_SESSION_READS, began, 1);
    }
    if (has_read && version < slot->read.version) {
        metric_count(self, SIM_STANDARD_WENT_BACK, began, 1);
    }
    if (has_written && version < slot->written.version) {
        metric_count(self, SIM_STANDARD_MISSED_OWN, began, 1);
    }
}

void sessions_saw(struct sim_node *self, sim_time began, const struct sim_witness *asked,
                  const struct sim_reply *reply)
{
    struct sim_world *world = self->world;
    struct session_key wanted = {.session = asked->session,
                                 .key = asked->key,
                                 .node = self->id,
                                 .store = world->nodes[reply->served_by].group_index};
    bool is_read = asked->operation == SIM_OP_READ || asked->operation == SIM_OP_CALL;
    struct session_key *slot = take(world->sessions, &wanted);
    if (slot == NULL) {
        return;
    }
    if (is_read) {
        judge(self, slot, began, reply->version);
    }
    struct known *known = is_read ? &slot->read : &slot->written;
    if (reply->version > known->version) {
        *known = (struct known){.version = reply->version, .since = world_now(world)};
    }
}
