/* Members of a target as a node sees them; see members.h. */
#include "members.h"

void members_start(struct sim_node *self, struct members *members, const struct sim_target *target)
{
    members->target = target;
    members->ids = sim_alloc(self, target->count * sizeof *members->ids);
    members->count = sim_members(self, target, members->ids);
    members->version = sim_members_version(self);
    members->turn = sim_member(self);
}

void members_look(struct sim_node *self, struct members *members)
{
    uint64_t version = sim_members_version(self);
    if (members->version != version) {
        members->version = version;
        members->count = sim_members(self, members->target, members->ids);
    }
}

sim_node_id members_next(struct sim_node *self, struct members *members)
{
    members_look(self, members);
    if (members->count <= 1) {
        return members->count == 0 ? 0 : members->ids[0];
    }
    return members->ids[members->turn++ % members->count];
}
