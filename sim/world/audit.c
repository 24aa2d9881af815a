/* The audit: every run's books must balance, to the entry and to the nanosecond.
 *
 * What the ledgers say is held against a count of what is really there: open requests in the pool
 * of packets, open operations at sources, open calls. A model that loses a request shows in that it
 * owes more answers than anything pending could bring about.
 */
#include "world/internal.h"

#include <inttypes.h>

static uint64_t total(const struct group *group, enum sim_standard_metric metric)
{
    return sim_counter_total(&group->metrics[metric].counter);
}

/* Entries of a group that are really open. */
static uint64_t count_open(const struct sim_world *world, uint32_t group_index)
{
    const struct group *group = &world->groups[group_index];
    uint64_t open = 0;
    for (uint32_t i = 0; i < group->spec->count_max; i++) {
        const struct sim_node *node = &world->nodes[group->spec->first_id + i];
        open += node->open_operations + node->lost_operations;
    }
    for (uint32_t index = 1; index < world->packets.fresh; index++) {
        const struct packet *packet = sim_pool_at(&world->packets, index);
        open += pool_is_used(&world->packets, index) && packet->state == PACKET_OPEN &&
                world->nodes[packet->to].group_index == group_index;
    }
    return open;
}

static bool audit_group(const struct sim_world *world, uint32_t group_index, FILE *out)
{
    const struct group *group = &world->groups[group_index];
    uint64_t ended = total(group, SIM_STANDARD_SUCCEEDED);
    for (enum sim_standard_metric kind = SIM_STANDARD_REJECTED; kind <= SIM_STANDARD_LOST; kind++) {
        ended += total(group, kind);
    }
    uint64_t issued = total(group, SIM_STANDARD_ISSUED);
    uint64_t open = count_open(world, group_index);
    if (issued == ended + open && open == total(group, SIM_STANDARD_UNFINISHED)) {
        return true;
    }
    if (out != NULL) {
        fprintf(out,
                "%s: the ledger does not balance: %" PRIu64 " issued, %" PRIu64 " ended, %" PRIu64
                " open\n",
                group->spec->name, issued, ended, open);
    }
    return false;
}

/* Whatever a node still owes an answer for must be held by something that can bring it about: a
 * frame, a job, a call, a timer, a sync, a flow. A node that owes more has dropped something. */
static bool audit_leaks(const struct sim_node *node, FILE *out)
{
    uint64_t owed = node->open_tickets + node->open_operations;
    uint64_t held = (uint64_t)node->frames.live_count + node->live_timers + node->open_calls +
                    node->open_syncs + node->open_flows;
    for (const struct sim_station *station = node->stations; station != NULL;
         station = station->next) {
        held += (uint64_t)(station->queued + station->busy);
    }
    if (owed <= held) {
        return true;
    }
    if (out != NULL) {
        fprintf(out,
                "%s: the model '%s' leaks: %" PRIu64 " requests or operations are open, and "
                "nothing that could end more than %" PRIu64 " of them is pending\n",
                node->name, node->model->name, owed, held);
    }
    return false;
}

static bool audit_calls(const struct sim_world *world, FILE *out)
{
    uint64_t open = 0;
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        open += world->nodes[id].open_calls;
    }
    if (world->calls_made == world->calls_ended + open && open == world->calls.live_count) {
        return true;
    }
    if (out != NULL) {
        fprintf(out,
                "calls do not balance: %" PRIu64 " made, %" PRIu64 " ended, %" PRIu64
                " open, %u on record\n",
                world->calls_made, world->calls_ended, open, world->calls.live_count);
    }
    return false;
}

bool sim_world_audit(const struct sim_world *world, FILE *out)
{
    bool is_balanced = audit_calls(world, out);
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        is_balanced = audit_group(world, g, out) && is_balanced;
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_node *node = &world->nodes[id];
        is_balanced = audit_leaks(node, out) && is_balanced;
        for (struct sim_station *station = node->stations; station != NULL;
             station = station->next) {
            is_balanced = station_audit(station, out) && is_balanced;
        }
    }
    if (world->unbalanced_lives > 0 && out != NULL) {
        fprintf(out, "%" PRIu64 " stations did not balance when their nodes died\n",
                world->unbalanced_lives);
    }
    return is_balanced && world->unbalanced_lives == 0;
}
