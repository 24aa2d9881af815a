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
                        sim_time notice)
{
    sim_node_id id = group->spec->first_id + member;
    group->member_state[member] = MEMBER_DRAINING;
    sim_engine_post(world->engine, sim_time_add(world_now(world), notice), 0, EVENT_DRAINED,
                    group->version << 32 | id);
    world->nodes[id].drain_version = group->version;
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

void members_set(struct sim_world *world, const struct sim_fault_spec *change)
{
    struct group *group = &world->groups[change->group];
    GArray *versions = world->views->versions[change->group];
    uint32_t before = g_array_index(versions, struct version, versions->len - 1).count;
    uint32_t after = change->members;
    sim_assert(after <= group->spec->count_max);
    if (after == before) {
        return;
    }
    if (world->views->version == NULL) {
        world->views->version =
            g_new0(uint32_t, (size_t)(world->node_count + 1) * world->spec->group_count);
    }
    sim_time boot = after > before ? change->boot : 0;
    sim_time known = sim_time_add(world_now(world), sim_time_add(change->notice, boot));
    struct version version = {after, known};
    g_array_append_val(versions, version);
    group->version = versions->len - 1;
    for (uint32_t member = before; member < after; member++) {
        if (group->member_state[member] == MEMBER_DRAINING) {
            group->member_state[member] = MEMBER_UP;
            world->nodes[group->spec->first_id + member].may_go = false;
        } else {
            begin_life(world, group, member, change->boot);
        }
    }
    for (uint32_t member = before; member > after; member--) {
        begin_drain(world, group, member - 1, change->notice);
    }
    sim_engine_post(world->engine, known, 0, EVENT_MEMBERS, group->version << 32 | change->group);
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
