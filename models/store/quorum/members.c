/* Members of a quorum store: who holds a key, who is taken for down, who stands in for him.
 *
 * The N replicas of a key are the first N different members clockwise on a ring of hashes (DeCandia
 * and others, "Dynamo", SOSP 2007, sections 4.2 and 4.3), or drawn at random (placing.c); where N
 * is the number of members all hold all keys and nothing is hashed. A member who was asked and
 * stayed silent for a whole timeout is suspected, by this coordinator alone; he is probed until he
 * is heard again (4.8.3: failure detection is local). Suspected replicas are not asked: a strict
 * quorum does without them, a sloppy one asks the next members that are not suspected in their
 * place (4.6).
 *
 * Left out: gossip about who is down (each coordinator finds out for itself), members that come and
 * go (the ring is that of all that are configured), and placement by zone or rack.
 */
#include "store/quorum/quorum.h"

#include <string.h>

static void place(struct sim_node *self, struct quorum_coordinator *coordinator)
{
    uint32_t count = coordinator->member_count;
    struct placement_member *members = sim_alloc(self, count * sizeof *members);
    uint32_t *present = sim_alloc(self, count * sizeof *present);
    for (uint32_t i = 0; i < count; i++) {
        sim_node_id id = coordinator->members[i].id;
        members[i] = (struct placement_member){
            .id = id, .name = sim_hash_text(sim_name_of(self, id)), .weight = 1};
        present[i] = i;
    }
    struct placement_setup setup = {
        .algorithm = &placement_ring,
        .members = members,
        .member_count = count,
        .points = (uint32_t)coordinator->params->ring_points,
    };
    coordinator->placement = placement_init(sim_alloc(self, placement_size(&setup)), &setup);
    placement_build(coordinator->placement, present, count);
}

void quorum_coordinator_start(struct sim_node *self, struct quorum_coordinator *coordinator,
                              const struct quorum_params *params, const sim_node_id *members,
                              uint32_t count)
{
    coordinator->params = params;
    coordinator->member_count = count;
    coordinator->own = QUORUM_NO_MEMBER;
    coordinator->members = sim_alloc(self, count * sizeof *coordinator->members);
    for (uint32_t i = 0; i < count; i++) {
        coordinator->members[i] =
            (struct quorum_member){.id = members[i], .zone = sim_zone_of(self, members[i])};
        if (members[i] == sim_self(self)) {
            coordinator->own = i;
        }
    }
    uint32_t wanted = params->replicas > 0 ? (uint32_t)params->replicas : QUORUM_REPLICAS_ALL;
    coordinator->replicas = wanted < count ? wanted : count;
    if (coordinator->replicas < count && params->placement == QUORUM_RING) {
        place(self, coordinator);
    }
}

/* Every member all keys. */
static bool has_all(const struct quorum_coordinator *coordinator)
{
    return coordinator->replicas == coordinator->member_count;
}

uint32_t quorum_owners(const struct quorum_coordinator *coordinator, uint64_t key, uint32_t count,
                       uint32_t *ret_members)
{
    static const uint64_t salt = UINT64_C(0x6b6579);
    uint64_t hash = sim_hash_pair(salt, key);
    uint32_t member_count = coordinator->member_count;
    count = count < member_count ? count : member_count;
    if (coordinator->placement != NULL) {
        return placement_owners(coordinator->placement, hash, count, ret_members);
    }
    if (has_all(coordinator)) {
        for (uint32_t i = 0; i < count; i++) {
            ret_members[i] = i;
        }
    } else if (coordinator->params->placement == QUORUM_RANDOM) {
        quorum_random_owners(hash, member_count, count, ret_members);
    } else {
        quorum_copyset_owners(hash, coordinator->params, member_count, coordinator->replicas, count,
                              ret_members);
    }
    return count;
}

bool quorum_is_owner(const struct quorum_coordinator *coordinator, uint64_t key, uint32_t member)
{
    uint32_t owners[QUORUM_REPLICAS_MAX];
    return has_all(coordinator) ||
           placement_has(owners, quorum_owners(coordinator, key, coordinator->replicas, owners),
                         member);
}

/* Everybody on the walk clockwise who is not suspected stands in for one who is, in turn. */
static void stand_in(struct sim_node *self, struct quorum_coordinator *coordinator, uint64_t key,
                     struct quorum_operation *operation)
{
    uint32_t walk[2 * QUORUM_REPLICAS_MAX];
    uint32_t reach =
        coordinator->replicas > QUORUM_REPLICAS_ALL ? coordinator->replicas : QUORUM_REPLICAS_ALL;
    uint32_t count = quorum_owners(coordinator, key, 2 * reach, walk);
    uint32_t next = operation->slot_count;
    for (uint32_t slot = 0; slot < operation->slot_count; slot++) {
        if ((operation->skipped >> slot & 1) == 0) {
            continue;
        }
        while (next < count && coordinator->members[walk[next]].is_suspected) {
            next++;
        }
        if (next == count) {
            return; /* nobody is left */
        }
        operation->slots[slot].member = walk[next++];
        operation->skipped &= ~quorum_slot_bit(slot);
        if (!quorum_is_read(operation)) {
            sim_count(self, QUORUM_STAND_INS, 1);
        }
    }
}

void quorum_choose(struct sim_node *self, struct quorum_coordinator *coordinator, uint64_t key,
                   struct quorum_operation *operation)
{
    uint32_t owners[QUORUM_REPLICAS_MAX];
    uint32_t count = quorum_owners(coordinator, key, coordinator->replicas, owners);
    operation->slot_count = (uint8_t)count;
    operation->skipped = 0;
    for (uint32_t slot = 0; slot < count; slot++) {
        operation->slots[slot] = (struct quorum_slot){owners[slot], owners[slot]};
        if (coordinator->suspected_count > 0 && coordinator->members[owners[slot]].is_suspected) {
            operation->skipped |= quorum_slot_bit(slot);
        }
    }
    if (operation->skipped != 0 && coordinator->params->sloppy) {
        stand_in(self, coordinator, key, operation);
    }
}

/* ---- suspicion ---- */

void quorum_heard(struct sim_node *self, struct quorum_coordinator *coordinator, uint32_t member)
{
    struct quorum_member *other = &coordinator->members[member];
    other->heard = sim_now(self);
    if (other->is_suspected) {
        other->is_suspected = false;
        coordinator->suspected_count--;
        sim_level(self, QUORUM_SUSPECTED, -1);
    }
}

void quorum_suspect(struct sim_node *self, struct quorum_coordinator *coordinator, uint32_t member)
{
    struct quorum_member *other = &coordinator->members[member];
    if (other->is_suspected || coordinator->params->probe == SIM_NEVER ||
        member == coordinator->own) {
        return;
    }
    other->is_suspected = true;
    other->suspected_since = sim_now(self);
    coordinator->suspected_count++;
    sim_level(self, QUORUM_SUSPECTED, 1);
    if (!coordinator->is_probing) {
        coordinator->is_probing = true;
        sim_after(self, coordinator->params->probe, QUORUM_TIMER_PROBE, 0);
    }
}

void quorum_probe(struct sim_node *self, struct quorum_coordinator *coordinator)
{
    coordinator->is_probing = coordinator->suspected_count > 0;
    if (!coordinator->is_probing) {
        return;
    }
    for (uint32_t i = 0; i < coordinator->member_count; i++) {
        if (coordinator->members[i].is_suspected) {
            const uint64_t words[SIM_MESSAGE_WORDS] = {i};
            sim_send_message(self, coordinator->members[i].id, QUORUM_PING, words,
                             QUORUM_HEADER_BYTES);
        }
    }
    sim_after(self, coordinator->params->probe, QUORUM_TIMER_PROBE, 0);
}

void quorum_coordinator_release(struct sim_node *self, struct quorum_coordinator *coordinator)
{
    sim_level(self, QUORUM_SUSPECTED, -(int64_t)coordinator->suspected_count);
    coordinator->suspected_count = 0;
}
