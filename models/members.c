/* Members of a target as a node sees them; see members.h. */
#include "members.h"

#include <string.h>

static void look(struct sim_node *self, struct members *members)
{
    const struct sim_target *target = members->target;
    members->version = sim_members_version(self);
    members->count = sim_members(self, target, members->ids);
    uint32_t at = 0;
    for (uint32_t i = 0; members->shares != NULL && i < members->count; i++, at++) {
        while (target->ids[at] != members->ids[i]) {
            at++;
        }
        members->shares[i] = target->shares[at];
    }
}

void members_start(struct sim_node *self, struct members *members, const struct sim_target *target)
{
    members->target = target;
    members->ids = sim_alloc(self, target->count * sizeof *members->ids);
    if (target->shares != NULL) {
        members->shares = sim_alloc(self, target->count * sizeof *members->shares);
    }
    members->turn = sim_member(self);
    look(self, members);
}

void members_look(struct sim_node *self, struct members *members)
{
    if (members->version != sim_members_version(self)) {
        look(self, members);
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

static void look_near(struct sim_node *self, struct members *members)
{
    double least = 0;
    if (members->near == NULL) {
        members->near = sim_alloc(self, members->target->count * sizeof *members->near);
    }
    members->near_count = 0;
    members->near_version = members->version;
    for (uint32_t i = 0; i < members->count; i++) {
        uint32_t zone = sim_zone_of(self, members->ids[i]);
        double latency = sim_latency_mean(self, sim_zone(self), zone);
        if (members->near_count == 0 || latency < least) {
            least = latency;
            members->near_count = 0;
        }
        if (!(latency > least)) {
            members->near[members->near_count++] = members->ids[i];
        }
    }
}

sim_node_id members_nearest(struct sim_node *self, struct members *members)
{
    members_look(self, members);
    if (members->near == NULL || members->near_version != members->version) {
        look_near(self, members);
    }
    return members->near_count == 0 ? 0 : members->near[members->turn++ % members->near_count];
}

sim_node_id members_draw(struct sim_node *self, struct members *members, sim_node_id avoid,
                         struct sim_random *random)
{
    members_look(self, members);
    double all = 0;
    for (uint32_t i = 0; i < members->count; i++) {
        all += members->ids[i] == avoid ? 0 : members->shares[i];
    }
    double left = all * sim_random_unit(random);
    sim_node_id last = 0; /* rounding may leave a little after the last share */
    for (uint32_t i = 0; i < members->count && left >= 0; i++) {
        double share = members->ids[i] == avoid ? 0 : members->shares[i];
        left -= share;
        last = share > 0 ? members->ids[i] : last;
    }
    return last;
}

uint64_t members_group_hash(const struct sim_node *self)
{
    char name[256] = {0};
    size_t length = strcspn(sim_name(self), "["); /* members are called "gate" or "gate[2]" */
    memcpy(name, sim_name(self), length < sizeof name ? length : sizeof name - 1);
    return sim_hash_text(name);
}
