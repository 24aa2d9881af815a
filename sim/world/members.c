/* Members: which nodes of a group exist, and who knows of it.
 *
 * A group has count_max nodes, of which the first `count` are up at the start. A change of
 * membership reaches every other node as an event, and only then does that node's view change: an
 * observer asks its own view; one that was down asks anew when its next life begins. Views are
 * versions of the group's list; the list of every version is kept.
 */
#include "world/internal.h"

#include <glib.h>

/* One version of a group: members come and go at the end of the list. */
struct version {
    uint32_t count; /* of members that are up */
    sim_time known; /* to everyone from then on */
};

struct views {
    GArray **versions; /* by group: struct version */
    uint32_t *version; /* [node * group_count + group]; NULL until something changes */
};

static void begin_life(struct sim_world *world, struct group *group, uint32_t member, sim_time boot)
{
    struct sim_node *node = &world->nodes[group->spec->first_id + member];
    group->member_state[member] = MEMBER_STARTING;
    node->boots_until = sim_time_add(world_now(world), boot);
    sim_engine_post(world->engine, node->boots_until, node->id, EVENT_START, 0);
}

/* A member that leaves serves on until everyone knows and nothing is open at it. */
static void begin_drain(struct sim_world *world, struct group *group, uint32_t member,
                        uint64_t version, sim_time notice)
{
    sim_node_id id = group->spec->first_id + member;
    group->member_state[member] = MEMBER_DRAINING;
    sim_engine_post(world->engine, sim_time_add(world_now(world), notice), 0, EVENT_DRAINED,
                    version << 32 | id);
    world->nodes[id].drain_version = version;
}

void members_let_go(struct sim_node *node)
{
    sim_engine_post(node->world->engine, world_now(node->world), 0, EVENT_DRAINED,
                    node->drain_version << 32 | node->id);
}

void members_on_drained(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[(uint32_t)event->payload];
    uint8_t *state = &node->group->member_state[node->member];
    if (*state != MEMBER_DRAINING || node->drain_version != event->payload >> 32) {
        return; /* called back meanwhile, and perhaps sent away again */
    }
    node->may_go = true;
    if (node->open_tickets == 0) {
        *state = MEMBER_GONE;
        node->may_go = false;
        if (node->is_up) {
            node_crash(node, false, false);
            node->crashes--; /* gone, not broken: nothing will mend it */
        }
    }
}

void members_init(struct sim_world *world)
{
    world->views = sim_arena_new(&world->arena, struct views);
    world->views->versions = g_new0(GArray *, world->spec->group_count);
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        struct group *group = &world->groups[g];
        group->member_state = sim_arena_array(&world->arena, uint8_t, group->spec->count_max);
        world->views->versions[g] = g_array_new(FALSE, FALSE, sizeof(struct version));
        struct version first = {group->spec->count, 0};
        g_array_append_val(world->views->versions[g], first);
        for (uint32_t member = 0; member < group->spec->count; member++) {
            begin_life(world, group, member, 0);
        }
    }
}

void members_clear(struct sim_world *world)
{
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        g_array_free(world->views->versions[g], TRUE);
    }
    g_free(world->views->versions);
    g_free(world->views->version);
}

/* A new version of the group's list, which everyone knows at `known`. */
static void publish(struct sim_world *world, struct group *group, uint32_t count, sim_time known)
{
    uint32_t index = (uint32_t)(group - world->groups);
    GArray *versions = world->views->versions[index];
    uint64_t number = versions->len;
    struct version version = {count, known};
    g_array_append_val(versions, version);
    sim_engine_post(world->engine, known, 0, EVENT_MEMBERS, number << 32 | index);
}

/* When the last of the first `count` members has booted; now, where all have. */
static sim_time booted(const struct sim_world *world, const struct group *group, uint32_t count)
{
    sim_time last = world_now(world);
    for (uint32_t member = 0; member < count; member++) {
        sim_time until = world->nodes[group->spec->first_id + member].boots_until;
        last = until > last ? until : last;
    }
    return last;
}

static void grow(struct sim_world *world, struct group *group, uint32_t before,
                 const struct members_change *change)
{
    for (uint32_t member = before; member < change->count; member++) {
        if (group->member_state[member] == MEMBER_DRAINING) {
            group->member_state[member] = MEMBER_UP;
            world->nodes[group->spec->first_id + member].may_go = false;
        } else {
            begin_life(world, group, member, change->boot);
        }
    }
    sim_time boot = sim_time_add(world_now(world), change->boot);
    sim_time last = booted(world, group, change->count);
    publish(world, group, change->count, sim_time_add(boot > last ? boot : last, change->notice));
}

/* Of those who stay, some may still be booting: they are known when they have. */
static void shrink(struct sim_world *world, struct group *group, uint32_t before,
                   const struct members_change *change)
{
    sim_time now = world_now(world), last = booted(world, group, change->count);
    uint32_t ready = change->count;
    while (ready > 0 && booted(world, group, ready) > now) {
        ready--;
    }
    uint32_t version = world->views->versions[change->group]->len; /* the one that is made next */
    for (uint32_t member = before; member > change->count; member--) {
        begin_drain(world, group, member - 1, version, change->notice);
    }
    publish(world, group, ready, sim_time_add(now, change->notice));
    if (ready < change->count) {
        publish(world, group, change->count, sim_time_add(last, change->notice));
    }
}

static uint32_t latest_count(const struct sim_world *world, uint32_t group)
{
    const GArray *versions = world->views->versions[group];
    return g_array_index(versions, struct version, versions->len - 1).count;
}

void members_set(struct sim_world *world, const struct members_change *change)
{
    struct group *group = &world->groups[change->group];
    uint32_t before = latest_count(world, change->group);
    sim_assert(change->count <= group->spec->count_max);
    if (change->count == before) {
        return;
    }
    if (world->views->version == NULL) {
        world->views->version =
            g_new0(uint32_t, (size_t)(world->node_count + 1) * world->spec->group_count);
    }
    if (change->count > before) {
        grow(world, group, before, change);
    } else {
        shrink(world, group, before, change);
    }
}

void sim_members_scale(struct sim_node *self, sim_node_id member, uint32_t count, sim_time boot,
                       sim_time notice)
{
    sim_assert(member >= 1 && member <= self->world->node_count);
    struct members_change change = {
        .group = self->world->nodes[member].group_index,
        .count = count,
        .boot = boot,
        .notice = notice,
    };
    members_set(self->world, &change);
}

uint32_t sim_members_asked(const struct sim_node *self, sim_node_id member)
{
    sim_assert(member >= 1 && member <= self->world->node_count);
    return latest_count(self->world, self->world->nodes[member].group_index);
}

uint32_t sim_members_room(const struct sim_node *self, sim_node_id member)
{
    sim_assert(member >= 1 && member <= self->world->node_count);
    return self->world->nodes[member].group->spec->count_max;
}

/* Everyone alive now hears of the change; who is not asks when he is. */
static void spread(struct sim_world *world, uint64_t news)
{
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        sim_engine_post(world->engine, world_now(world), id, EVENT_MEMBERS, news);
    }
}

void members_on_change(struct sim_world *world, const struct sim_event *event)
{
    if (event->node == 0) {
        spread(world, event->payload);
        return;
    }
    struct sim_node *node = &world->nodes[event->node];
    uint32_t group = (uint32_t)event->payload;
    uint32_t version = (uint32_t)(event->payload >> 32);
    uint32_t *seen = &world->views->version[(size_t)event->node * world->spec->group_count + group];
    if (version <= *seen) {
        return;
    }
    *seen = version;
    node->view_version++;
    if (node->is_up) {
        struct sim_input input = {.kind = SIM_IN_MEMBERS, .group = group};
        world_input(node, &input);
    }
}

void members_look_again(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const struct views *views = world->views;
    for (uint32_t g = 0; views->version != NULL && g < world->spec->group_count; g++) {
        uint32_t *seen = &views->version[(size_t)node->id * world->spec->group_count + g];
        for (uint32_t v = *seen + 1; v < views->versions[g]->len; v++) {
            if (g_array_index(views->versions[g], struct version, v).known <= world_now(world)) {
                *seen = v;
                node->view_version++;
            }
        }
    }
}

/* How many members of a group are up, as `observer` knows. */
static uint32_t seen_count(const struct sim_node *observer, uint32_t group)
{
    const struct views *views = observer->world->views;
    uint32_t version =
        views->version == NULL
            ? 0
            : views->version[(size_t)observer->id * observer->world->spec->group_count + group];
    return g_array_index(views->versions[group], struct version, version).count;
}

uint32_t sim_members(struct sim_node *self, const struct sim_target *target, sim_node_id *ids)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < target->count; i++) {
        const struct sim_node *node = &self->world->nodes[target->ids[i]];
        if (node->member < seen_count(self, node->group_index)) {
            ids[count++] = target->ids[i];
        }
    }
    return count;
}

uint64_t sim_members_version(const struct sim_node *self)
{
    return self->view_version;
}
