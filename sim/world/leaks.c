/* Leaks: what a model owes or holds and has forgotten.
 *
 * Whatever brings an open request or operation to its end knows it by name: its number is the tag
 * of something that is pending at the node (a timer, a call, a job, an operation of a disk, a flow,
 * a stream it opened), or it stands in a frame. A ticket or an operation that is named nowhere will
 * never end, however much else is pending. A frame in turn must be named by such a tag, by another
 * frame that is, or in the memory that the world gave the model; one that is not is forgotten. Of a
 * model with messages frames are taken at their word: their names may be with other nodes.
 *
 * The search is that of a conservative garbage collector (Boehm and Weiser, 1988): any 64-bit word
 * that equals a name counts as one. Names of tickets and frames hold a generation, and those of
 * frames differ by node, so that one names one thing and nothing when that has ended. Of operations
 * only their sum is kept: while a frame still names one that has ended it can stand for one that is
 * lost, unless their numbers agree.
 */
#include "world/audit.h"
#include "world/internal.h"

#include <glib.h>
#include <inttypes.h>

#include "base/sort.h"

/* What was found of one node. */
struct names {
    bool *frames;      /* by index: is named */
    uint32_t *pending; /* indices of frames that are named and have yet to be looked through */
    uint32_t pending_count;
    uint32_t frame_count, ticket_count;
    GArray *operations; /* uint64_t: ids, also more than once */
};

struct search {
    const struct sim_world *world;
    struct names **nodes; /* by id; NULL where nothing is open */
    bool *tickets;        /* by index of the packet: is named */
};

static struct names *names_new(const struct sim_node *node)
{
    struct names *names = g_new0(struct names, 1);
    names->frames = g_new0(bool, node->frames.fresh + 1);
    names->pending = g_new(uint32_t, node->frames.live_count + 1);
    names->operations = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    return names;
}

static void names_free(struct names *names)
{
    if (names != NULL) {
        g_free(names->frames);
        g_free(names->pending);
        g_array_free(names->operations, TRUE);
        g_free(names);
    }
}

/* ---- naming ---- */

static void name_frame(const struct sim_node *node, struct names *names, uint64_t word)
{
    uint32_t index = sim_pool_index(word);
    if (sim_pool_find(&node->frames, word) != NULL && !names->frames[index]) {
        names->frames[index] = true;
        names->frame_count++;
        names->pending[names->pending_count++] = index;
    }
}

static void name_owed(struct search *search, const struct sim_node *node, uint64_t word)
{
    struct names *names = search->nodes[node->id];
    const struct packet *packet = sim_pool_find(&search->world->packets, word);
    if (packet != NULL && packet->state == PACKET_OPEN && packet->to == node->id &&
        !search->tickets[sim_pool_index(word)]) {
        search->tickets[sim_pool_index(word)] = true;
        names->ticket_count++;
    }
    uint64_t number = word & ((1ull << SIM_OPERATION_BITS) - 1);
    if (word >> SIM_OPERATION_BITS == node->id && number >= 1 && number <= node->operation_count) {
        g_array_append_val(names->operations, word);
    }
}

/* Something is pending at the node under that tag. */
static void name(void *data, sim_node_id id, uint64_t tag)
{
    struct search *search = data;
    const struct sim_node *node = &search->world->nodes[id];
    if (search->nodes[id] != NULL) {
        name_frame(node, search->nodes[id], tag);
        name_owed(search, node, tag);
    }
}

/* Looks through the frames that are named, and those that they name, and so on. */
static void follow(struct search *search, const struct sim_node *node)
{
    struct names *names = search->nodes[node->id];
    while (names->pending_count > 0) {
        const uint64_t *words = sim_pool_at(&node->frames, names->pending[--names->pending_count]);
        for (size_t i = 0; i < node->model->frame_size / sizeof *words; i++) {
            name_frame(node, names, words[i]);
            name_owed(search, node, words[i]);
        }
    }
}

static void name_frames_in(const struct sim_node *node, struct names *names, const void *memory,
                           size_t size)
{
    const uint64_t *words = memory;
    for (size_t i = 0; i < size / sizeof *words; i++) {
        name_frame(node, names, words[i]);
    }
}

/* What the model's own memory names; all frames of a model with messages. */
static void name_from_memory(struct search *search, const struct sim_node *node)
{
    struct names *names = search->nodes[node->id];
    name_frames_in(node, names, node->state, node->model->state_size);
    for (const struct allocation *one = node->allocations; one != NULL; one = one->next) {
        name_frames_in(node, names, allocation_memory(one), one->size);
    }
    for (uint32_t index = 1; node->model->messages != NULL && index < node->frames.fresh; index++) {
        if (pool_is_used(&node->frames, index)) {
            name_frame(node, names, sim_pool_handle(&node->frames, index));
        }
    }
    follow(search, node);
}

/* ---- what is pending ---- */

static void name_pending(struct search *search)
{
    const struct sim_world *world = search->world;
    timers_each(world, name, search);
    for (uint32_t index = 1; index < world->calls.fresh; index++) {
        const struct call *call = sim_pool_at(&world->calls, index);
        if (pool_is_used(&world->calls, index)) {
            name(search, call->from, call->tag);
        }
    }
    for (uint32_t index = 1; index < world->jobs.fresh; index++) {
        const struct job *job = sim_pool_at(&world->jobs, index);
        if (pool_is_used(&world->jobs, index)) {
            name(search, job->station->node->id, job->tag);
        }
    }
    disks_each(world, name, search);
    flows_each(world, name, search);
    streams_each(world, name, search);
}

/* ---- the verdict ---- */

static bool complain(const struct sim_node *node, FILE *out, uint64_t forgotten, const char *what)
{
    if (forgotten != 0 && out != NULL) {
        fprintf(out, "%s: the model '%s' leaks: %" PRIu64 " %s\n", node->name, node->model->name,
                forgotten, what);
    }
    return forgotten == 0;
}

/* How many operations are open that nothing names. */
static uint64_t lost_operations(const struct sim_node *node, const struct names *names)
{
    uint64_t *ids = (uint64_t *)(void *)names->operations->data;
    uint64_t count = 0, sum = 0;
    sim_sort_u64(ids, names->operations->len);
    for (guint i = 0; i < names->operations->len; i++) {
        if (i == 0 || ids[i] != ids[i - 1]) {
            count++;
            sum += ids[i];
        }
    }
    if (count < node->open_operations) {
        return node->open_operations - count;
    }
    return count == node->open_operations && sum != node->open_operation_sum;
}

static bool judge(const struct sim_node *node, const struct names *names, FILE *out)
{
    bool is_right = complain(node, out, node->open_tickets - names->ticket_count,
                             "open requests are named by nothing pending and in no frame");
    is_right = complain(node, out, lost_operations(node, names),
                        "open operations are named by nothing pending and in no frame") &&
               is_right;
    return complain(node, out, node->frames.live_count - names->frame_count,
                    "frames are named by nothing pending, no other frame, and not in its memory") &&
           is_right;
}

bool leaks_audit(const struct sim_world *world, FILE *out)
{
    struct search search = {.world = world};
    bool is_right = true;
    search.nodes = g_new0(struct names *, world->node_count + 1);
    search.tickets = g_new0(bool, world->packets.fresh + 1);
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_node *node = &world->nodes[id];
        if (node->open_tickets > 0 || node->open_operations > 0 || node->frames.live_count > 0) {
            search.nodes[id] = names_new(node);
        }
    }
    name_pending(&search);
    for (sim_node_id id = 1; id <= world->node_count; id++) {
        const struct sim_node *node = &world->nodes[id];
        if (search.nodes[id] != NULL) {
            follow(&search, node);
            if (search.nodes[id]->frame_count < node->frames.live_count) {
                name_from_memory(&search, node);
            }
            is_right = judge(node, search.nodes[id], out) && is_right;
            names_free(search.nodes[id]);
        }
    }
    g_free(search.nodes);
    g_free(search.tickets);
    return is_right;
}
