/* Troubles: partitions and degradations of links that are in force.
 *
 * Several may concern one pair of nodes: it is cut off while any of them cuts it, factors multiply,
 * delays add up, and losses strike independently. They are few, so they are a list, and a node's
 * side is looked up in an array. What is under way when one begins or ends is not touched.
 */
#include "world/transit.h"

#include <glib.h>

/* A partition or a degradation in force. `side` is by node id, from 1; 0 = not concerned. */
struct trouble {
    struct trouble *next;
    const struct sim_fault_spec *fault; /* NULL: cut by hand */
    uint8_t *side;
    bool is_one_way;
    bool is_cut;
};

static void trouble_free(struct trouble *trouble)
{
    g_free(trouble->side);
    g_free(trouble);
}

void troubles_clear(struct sim_world *world)
{
    while (world->troubles != NULL) {
        struct trouble *next = world->troubles->next;
        trouble_free(world->troubles);
        world->troubles = next;
    }
}

void network_look(struct sim_world *world)
{
    world->is_calm = world->troubles == NULL && !world->has_cards && !world_is_tracing(world);
}

static bool concerns(const struct trouble *trouble, sim_node_id from, sim_node_id to)
{
    uint8_t a = trouble->side[from], b = trouble->side[to];
    return a != 0 && b != 0 && a != b && (!trouble->is_one_way || a == 1);
}

static struct trouble *trouble_add(struct sim_world *world, const struct sim_fault_spec *fault)
{
    struct trouble *trouble = g_new0(struct trouble, 1);
    trouble->fault = fault;
    trouble->side = g_new0(uint8_t, world->node_count + 1);
    trouble->next = world->troubles;
    world->troubles = trouble;
    network_look(world);
    return trouble;
}

void network_begin_fault(struct sim_world *world, const struct sim_fault_spec *fault)
{
    struct trouble *trouble = trouble_add(world, fault);
    trouble->is_one_way = fault->one_way;
    trouble->is_cut = fault->kind == SIM_FAULT_PARTITION;
    sim_assert(fault->side_count <= UINT8_MAX);
    for (uint32_t side = 0; side < fault->side_count; side++) {
        for (uint32_t i = 0; i < fault->sides[side].count; i++) {
            trouble->side[fault->sides[side].ids[i]] = (uint8_t)(side + 1);
        }
    }
}

void network_end_fault(struct sim_world *world, const struct sim_fault_spec *fault)
{
    for (struct trouble **link = &world->troubles; *link != NULL; link = &(*link)->next) {
        if ((*link)->fault == fault) {
            struct trouble *ended = *link;
            *link = ended->next;
            trouble_free(ended);
            network_look(world);
            return;
        }
    }
}

void network_set_cut(struct sim_world *world, sim_node_id from, sim_node_id to, bool is_cut)
{
    if (is_cut) {
        struct trouble *trouble = trouble_add(world, NULL);
        trouble->is_one_way = true;
        trouble->is_cut = true;
        trouble->side[from] = 1;
        trouble->side[to] = 2;
        return;
    }
    for (struct trouble **link = &world->troubles; *link != NULL; link = &(*link)->next) {
        if ((*link)->fault == NULL && concerns(*link, from, to)) {
            struct trouble *ended = *link;
            *link = ended->next;
            trouble_free(ended);
            network_look(world);
            return;
        }
    }
}

bool network_is_cut(const struct sim_world *world, sim_node_id from, sim_node_id to)
{
    for (const struct trouble *trouble = world->troubles; trouble != NULL;
         trouble = trouble->next) {
        if (trouble->is_cut && concerns(trouble, from, to)) {
            return true;
        }
    }
    return false;
}

struct conditions network_conditions(const struct sim_world *world, sim_node_id from,
                                     sim_node_id to, const struct sim_link_law *law)
{
    struct conditions conditions = {1.0, 1.0, law->loss, 0};
    for (const struct trouble *trouble = world->troubles; trouble != NULL;
         trouble = trouble->next) {
        if (!trouble->is_cut && concerns(trouble, from, to)) {
            conditions.factor *= trouble->fault->factor;
            conditions.slowness *= trouble->fault->slowness;
            conditions.loss = 1.0 - (1.0 - conditions.loss) * (1.0 - trouble->fault->loss);
            conditions.extra += trouble->fault->extra;
        }
    }
    return conditions;
}
