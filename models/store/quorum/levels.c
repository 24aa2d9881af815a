/* Levels: how many answers an operation of a quorum store waits for, and of whom they count.
 *
 * A number, or a level by which it follows from N: one, a majority (N / 2 + 1), all, or a majority
 * of those replicas of the key that are in the coordinator's zone (Cassandra: ONE, QUORUM, ALL,
 * LOCAL_QUORUM; the numbers R and W of DeCandia and others, "Dynamo", SOSP 2007, section 4.5).
 */
#include "store/quorum/quorum.h"

const char *const quorum_level_names[] = {"one", "quorum", "all", "local_quorum", NULL};

/* Slots whose answers count, and how many of them are needed. */
static uint32_t needed_by(struct sim_node *self, const struct quorum_coordinator *coordinator,
                          const struct quorum_operation *operation, int64_t number,
                          enum quorum_level level, quorum_slots *ret_counted)
{
    quorum_slots counted = quorum_all(operation);
    if (number == 0 && level == QUORUM_LOCAL) {
        counted = 0;
        for (uint32_t slot = 0; slot < operation->slot_count; slot++) {
            uint32_t member = operation->slots[slot].member;
            if (coordinator->members[member].zone == sim_zone(self)) {
                counted |= quorum_slot_bit(slot);
            }
        }
    }
    *ret_counted = counted;
    if (number > 0) {
        return (uint32_t)number;
    }
    switch (level) {
    case QUORUM_ONE:
        return 1;
    case QUORUM_ALL:
        return operation->slot_count;
    case QUORUM_QUORUM:
    case QUORUM_LOCAL:
        break;
    }
    return quorum_bits(counted) / 2 + 1;
}

uint32_t quorum_needed_to_write(struct sim_node *self, const struct quorum_coordinator *coordinator,
                                const struct quorum_operation *operation, quorum_slots *ret_counted)
{
    const struct quorum_params *params = coordinator->params;
    return needed_by(self, coordinator, operation, params->write_quorum,
                     (enum quorum_level)params->write_level, ret_counted);
}

uint32_t quorum_needed_to_meet(struct sim_node *self, const struct quorum_coordinator *coordinator,
                               const struct quorum_operation *operation)
{
    quorum_slots counted;
    uint32_t writes = quorum_needed_to_write(self, coordinator, operation, &counted);
    if (counted != quorum_all(operation)) {
        writes = 1; /* of one zone; another one's may be met anywhere */
    }
    return writes > operation->slot_count ? 1 : operation->slot_count - writes + 1;
}

uint32_t quorum_needed_to_read(struct sim_node *self, const struct quorum_coordinator *coordinator,
                               const struct quorum_operation *operation,
                               const struct sim_request *request, quorum_slots *ret_counted)
{
    const struct quorum_params *params = coordinator->params;
    uint32_t needed = needed_by(self, coordinator, operation, params->read_quorum,
                                (enum quorum_level)params->read_level, ret_counted);
    if (!quorum_is_read(operation)) {
        return needed;
    }
    if (request->consistency == SIM_CONSISTENCY_EVENTUAL) {
        *ret_counted = quorum_all(operation);
        return 1;
    }
    bool is_meeting = request->consistency == SIM_CONSISTENCY_STRONG ||
                      request->consistency == SIM_CONSISTENCY_BOUNDED;
    if (is_meeting && params->protocol != QUORUM_ABD) {
        uint32_t meeting = quorum_needed_to_meet(self, coordinator, operation);
        *ret_counted = quorum_all(operation);
        return meeting > needed ? meeting : needed;
    }
    return needed;
}
