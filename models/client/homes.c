/* The member that each session goes to; see homes.h. */
#include "client/homes.h"

#include <string.h>

void homes_start(struct sim_node *self, struct homes *homes, const struct members *members,
                 uint64_t session_count)
{
    homes->places = sim_alloc(self, session_count * sizeof *homes->places);
    homes->is_there = sim_alloc(self, ((size_t)members->target->count + 1) * sizeof(bool));
    homes->version = members->version - 1;
}

static void look(struct sim_node *self, struct homes *homes, struct members *members)
{
    members_look(self, members);
    if (homes->version == members->version) {
        return;
    }
    homes->version = members->version;
    const struct sim_target *target = members->target;
    memset(homes->is_there, 0, ((size_t)target->count + 1) * sizeof(bool));
    uint32_t place = 0;
    for (uint32_t i = 0; i < members->count; i++, place++) {
        while (target->ids[place] != members->ids[i]) {
            place++;
        }
        homes->is_there[place + 1] = true;
    }
}

static uint32_t place_of(const struct sim_target *target, sim_node_id member)
{
    uint32_t place = 0;
    while (place < target->count && target->ids[place] != member) {
        place++;
    }
    return place < target->count ? place + 1 : 0;
}

/* Another member than `lost`, which may be 0; 0 when there is none. */
static sim_node_id take(struct sim_node *self, struct members *members, sim_node_id lost, int draw)
{
    if (members->shares != NULL) {
        return members_draw(self, members, lost, sim_random_of(self, draw));
    }
    sim_node_id next = members_next(self, members);
    if (next == lost && members->count > 1) {
        next = members_next(self, members);
    }
    return next == lost ? 0 : next;
}

sim_node_id homes_find(struct sim_node *self, struct homes *homes, struct members *members,
                       uint64_t session, int draw)
{
    look(self, homes, members);
    uint32_t place = homes->places[session];
    if (homes->is_there[place]) {
        return members->target->ids[place - 1];
    }
    sim_node_id next = take(self, members, 0, draw);
    homes->places[session] = place_of(members->target, next);
    return next;
}

void homes_lose(struct sim_node *self, struct homes *homes, struct members *members,
                uint64_t session, sim_node_id member, int draw)
{
    uint32_t place = homes->places[session];
    if (place == 0 || members->target->ids[place - 1] != member) {
        return;
    }
    sim_node_id next = take(self, members, member, draw);
    if (next != 0) {
        homes->places[session] = place_of(members->target, next);
    }
}
