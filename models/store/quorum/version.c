/* Versions of a quorum store: 64 bits that say which of two writes to a key is the later one.
 *
 * With last write wins they are microseconds of the coordinator's own clock, always more than what
 * it gave before (Cassandra), so that a clock that is ahead wins over one that is not. With abd
 * they count on from the greatest that a quorum knows (Lynch, Shvartsman, "Robust emulation of
 * shared memory using dynamic quorum-acknowledged broadcasts", FTCS 1997: a sequence number, then
 * who gave it). Two coordinators, or two lives of one that forgot, may still give the same: the
 * written value, of which there are no two, is the last part of a version.
 */
#include "store/quorum/quorum.h"

/* Of the coordinator, below its clock in microseconds, which has room for the longest run. Where
 * two have the same bits the values decide. */
#define VERSION_ID_BITS 10u

bool quorum_is_newer(const struct quorum_entry *a, const struct quorum_entry *b)
{
    if (a->version != b->version) {
        return a->version > b->version;
    }
    if (a->is_deleted != b->is_deleted) {
        return a->is_deleted;
    }
    return a->value > b->value;
}

bool quorum_is_same(const struct quorum_entry *a, const struct quorum_entry *b)
{
    return a->version == b->version && a->value == b->value && a->is_deleted == b->is_deleted;
}

static uint64_t make_version(struct sim_node *self, struct quorum_coordinator *coordinator,
                             uint64_t number)
{
    if (number <= coordinator->issued) {
        number = coordinator->issued + 1;
    }
    coordinator->issued = number;
    return number << VERSION_ID_BITS | (sim_self(self) & ((1u << VERSION_ID_BITS) - 1));
}

uint64_t quorum_version_by_clock(struct sim_node *self, struct quorum_coordinator *coordinator)
{
    sim_time clock = sim_local_clock(self);
    return make_version(self, coordinator, clock > 0 ? (uint64_t)clock / 1000 : 0);
}

uint64_t quorum_version_after(struct sim_node *self, struct quorum_coordinator *coordinator,
                              uint64_t version)
{
    return make_version(self, coordinator, (version >> VERSION_ID_BITS) + 1);
}
