/* The audit: every run's books must balance, to the entry and to the nanosecond.
 *
 * What the ledgers say is held against a count of what is really there: open requests in the pool
 * of packets, open operations at sources, open calls. Every node's count of each kind of thing that
 * is pending is held against the records of that kind. A model that loses something is found by
 * name: see leaks.c.
 */
#include "world/audit.h"
#include "world/internal.h"

#include <glib.h>
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

/* ---- each kind of record by itself ---- */

enum record_kind {
    RECORD_TICKET,
    RECORD_CALL,
    RECORD_TIMER,
    RECORD_DISK,
    RECORD_FLOW,
    RECORD_KINDS
};
static const char *const record_names[RECORD_KINDS] = {"open requests", "calls", "timers",
                                                       "disk operations", "flows"};

/* Records of each kind by node id. */
struct records {
    uint64_t *counts[RECORD_KINDS];
};

static void count_disk(void *data, sim_node_id node, uint64_t tag)
{
    (void)tag;
    ((struct records *)data)->counts[RECORD_DISK][node]++;
}

static void count_timer(void *data, sim_node_id node, uint64_t tag)
{
    (void)tag;
    ((struct records *)data)->counts[RECORD_TIMER][node]++;
}

static void count_flow(void *data, sim_node_id node, uint64_t tag)
{
    (void)tag;
    ((struct records *)data)->counts[RECORD_FLOW][node]++;
}

static void count_records(const struct sim_world *world, struct records *records)
{
    for (uint32_t index = 1; index < world->packets.fresh; index++) {
        const struct packet *packet = sim_pool_at(&world->packets, index);
        records->counts[RECORD_TICKET][packet->to] +=
            pool_is_used(&world->packets, index) && packet->state == PACKET_OPEN;
    }
    for (uint32_t index = 1; index < world->calls.fresh; index++) {
        const struct call *call = sim_pool_at(&world->calls, index);
        records->counts[RECORD_CALL][call->from] += pool_is_used(&world->calls, index);
    }
    timers_each(world, count_timer, records);
    disks_each(world, count_disk, records);
    flows_each(world, count_flow, records);
}

static bool audit_node(const struct sim_node *node, const struct records *records, FILE *out)
{
    const uint64_t kept[RECORD_KINDS] = {node->open_tickets, node->open_calls, node->live_timers,
                                         node->open_syncs, node->open_flows};
    bool is_balanced = true;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        uint64_t found = records->counts[kind][node->id];
        is_balanced = is_balanced && found == kept[kind];
        if (found != kept[kind] && out != NULL) {
            fprintf(out, "%s: %s do not balance: %" PRIu64 " counted, %" PRIu64 " on record\n",
                    node->name, record_names[kind], kept[kind], found);
        }
    }
    return is_balanced;
}

static bool audit_records(const struct sim_world *world, FILE *out)
{
    struct records records;
    bool is_balanced = true;
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        records.counts[kind] = g_new0(uint64_t, world->node_count + 1);
    }
    count_records(world, &records);
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        is_balanced = audit_node(&world->nodes[id], &records, out) && is_balanced;
    }
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        g_free(records.counts[kind]);
    }
    return is_balanced;
}

bool sim_world_audit(const struct sim_world *world, FILE *out)
{
    bool is_balanced = audit_calls(world, out);
    is_balanced = audit_records(world, out) && is_balanced;
    is_balanced = connections_audit(world, out) && is_balanced;
    is_balanced = leaks_audit(world, out) && is_balanced;
    for (uint32_t g = 0; g < world->spec->group_count; g++) {
        is_balanced = audit_group(world, g, out) && is_balanced;
    }
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_node *node = &world->nodes[id];
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
