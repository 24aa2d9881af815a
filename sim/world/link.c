/* Links and network cards: how long bytes take from one node to another.
 *
 * They pass the sender's network card and the link, each of which puts one thing after another on
 * the wire if it has a bandwidth, then fly for a draw of the link's latency, then pass the
 * receiver's card. Between two zones the link is one pipe each way for all that crosses; within a
 * zone it is the port of the sender's machine to the zone's network, whose switches never are what
 * is short. Flights overlap freely: a delay is not a pipe of capacity 1/latency. Nodes on one
 * machine reach each other in no time. Not modelled: routes.
 */
#include "world/transit.h"

static void link_init(struct link *link, const struct sim_link_law *law)
{
    link->law = law;
    link->is_only_latency =
        law->bandwidth <= 0.0 && law->loss <= 0.0 && law->duplicate <= 0.0 && law->reorder <= 0.0;
    double seconds = 0.0;
    link->is_constant = law->latency == NULL || sim_dist_is_constant(law->latency, &seconds);
    link->latency = sim_time_from_seconds(seconds);
}

void network_init(struct sim_world *world)
{
    const struct sim_network_spec *network = &world->spec->network;
    uint32_t zones = network->zone_count;
    world->link_count = zones * zones + world->spec->machine_count;
    world->links = sim_arena_array(&world->arena, struct link, world->link_count);
    for (uint32_t i = 0; i < zones * zones; i++) {
        link_init(&world->links[i], &network->links[i]);
    }
    for (uint32_t i = 0; i < world->spec->machine_count; i++) {
        struct machine *machine = &world->machines[i];
        uint32_t zone = machine->spec->zone;
        machine->port = zones * zones + i;
        link_init(&world->links[machine->port], &network->links[zone * zones + zone]);
    }
    network_look(world);
}

sim_time link_latency(const struct sim_link_law *law, struct sim_random *random,
                      const struct conditions *conditions)
{
    sim_time latency = law->latency == NULL ? 0 : sim_dist_draw_time(law->latency, random);
    if (conditions->factor != 1.0) {
        latency = sim_time_scale(latency, conditions->factor);
    }
    return sim_time_add(latency, conditions->extra);
}

sim_time network_latency(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    struct sim_node *sender = &world->nodes[from];
    if (sender->machine == world->nodes[to].machine) {
        return 0;
    }
    const struct sim_link_law *law = network_link(world, from, to)->law;
    struct conditions conditions = network_conditions(world, from, to, law);
    return link_latency(law, &sender->network_draw, &conditions);
}

/* The moment at which `bytes` are on the wire of a resource that is busy until *free. */
static sim_time put_on_wire(sim_time now, sim_time *free, double bytes, double bandwidth)
{
    sim_time start = now > *free ? now : *free;
    *free = sim_time_add(start, sim_time_from_seconds(bytes / bandwidth));
    return *free;
}

sim_time link_pass(struct link *link, sim_time time, int64_t bytes,
                   const struct conditions *conditions)
{
    double bandwidth = link->law->bandwidth;
    if (bandwidth <= 0.0) {
        return time;
    }
    return put_on_wire(time, &link->free,
                       (double)bytes * conditions->slowness * (1.0 + link->flows), bandwidth);
}

bool network_try(struct sim_world *world, sim_node_id from, sim_node_id to)
{
    struct sim_node *sender = &world->nodes[from];
    if (sender->machine == world->nodes[to].machine) {
        return true;
    }
    const struct sim_link_law *law = network_link(world, from, to)->law;
    double loss = law->loss;
    if (world->troubles != NULL) {
        if (network_is_cut(world, from, to)) {
            world->network.cut++;
            return false;
        }
        loss = network_conditions(world, from, to, law).loss;
    }
    if (loss > 0.0 && sim_random_chance(&sender->network_draw, loss)) {
        world->network.lost++;
        return false;
    }
    return true;
}

bool card_pass(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
               sim_time *ret_leaves)
{
    struct machine *machine = world->nodes[from].machine;
    *ret_leaves = world_now(world);
    if (!world->has_cards || machine->spec->bandwidth <= 0.0 ||
        machine == world->nodes[to].machine) {
        return true;
    }
    *ret_leaves =
        put_on_wire(*ret_leaves, &machine->card_out_free, (double)bytes, machine->spec->bandwidth);
    return network_link(world, from, to)->law->bandwidth <= 0.0;
}

sim_time network_fly(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
                     sim_time leaves)
{
    struct sim_node *sender = &world->nodes[from];
    if (sender->machine == world->nodes[to].machine) {
        return leaves;
    }
    struct link *link = network_link(world, from, to);
    struct conditions conditions = network_conditions(world, from, to, link->law);
    leaves = link_pass(link, leaves, bytes, &conditions);
    return sim_time_add(leaves, link_latency(link->law, &sender->network_draw, &conditions));
}

enum setting_out network_set_out(struct sim_world *world, sim_node_id from, sim_node_id to,
                                 int64_t bytes, sim_time *ret_time)
{
    if (!network_try(world, from, to)) {
        return OUT_LOST;
    }
    if (!card_pass(world, from, to, bytes, ret_time)) {
        return OUT_AT_CARD;
    }
    *ret_time = network_fly(world, from, to, bytes, *ret_time);
    return OUT_FLYING;
}

bool network_enter_card(struct sim_world *world, sim_node_id from, sim_node_id to, int64_t bytes,
                        sim_time *ret_through)
{
    struct machine *machine = world->nodes[to].machine;
    if (!world->has_cards || machine->spec->bandwidth <= 0.0 ||
        machine == world->nodes[from].machine) {
        return false;
    }
    *ret_through = put_on_wire(world_now(world), &machine->card_in_free, (double)bytes,
                               machine->spec->bandwidth);
    return true;
}
