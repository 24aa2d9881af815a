/* Staleness: whether what a read was answered with had been superseded when the read began.
 *
 * An observer outside the models. A store says commit(key, version); whoever answers a read, or has
 * one answered, gives served(key, version). The read is stale when a newer version of the key had
 * been committed by the time at which it began: what is committed while it is under way it need not
 * see. It had been stale since the first newer version was committed, by as many versions as had
 * been committed by then (Bailis and others, "Probabilistically bounded staleness for practical
 * partial quorums", PVLDB 5(8), 2012, section 2: t- and k-staleness). Keys of different stores are
 * different keys; which store it is says the reply's served_by.
 *
 * What a store holds when it starts has version 1, which nobody commits: keys are remembered from
 * their first commit on. Commits form a chain for each key, newest first, with jumps over parts of
 * it, so that looking n versions back takes O(log n) steps (Myers, "An applicative random-access
 * stack", Information Processing Letters 17, 1983). The latest COMMITS_MAX commits of a run are
 * remembered, and the last one of each key; of a read that is older than that, staleness and
 * distance are the least that they can be. Nothing here draws a random number or schedules an
 * event.
 *
 * A scan is stale when any of its keys is, since the first of those commits, and by as many
 * versions as that key has had since.
 *
 * Of a read after a commit it is known how long that was over, and whether the read saw it: the
 * share that did, by how long it was over, is P(consistent at t), and the time after which all did
 * is t-visibility (Bailis and others, sections 2 and 4).
 */
#include "world/internal.h"

#include <glib.h>

#define COMMITS_MAX (UINT64_C(1) << 20)
#define COMMITS_FIRST (UINT64_C(1) << 10)
#define SLOTS_FIRST (UINT64_C(1) << 10)

struct commit {
    uint64_t version;
    sim_time time;
    uint64_t depth;    /* commits of the key up to this one */
    uint64_t previous; /* number of the key's commit before it, 0 = none */
    uint64_t jump;     /* number of one further back */
};

/* A key of a store, with its latest commit, which is remembered for ever. */
struct versioned_key {
    uint64_t key;
    uint32_t store; /* index of its group */
    bool is_used;
    uint64_t number; /* of the latest commit */
    struct commit latest;
};

struct versions {
    struct versioned_key *slots; /* open addressing, at most half full */
    uint64_t slot_mask, key_count;
    struct commit *ring; /* commit n is at n % ring_size */
    uint64_t ring_size, commit_count;
    uint64_t *newest; /* version, of each group's store */
};

void versions_init(struct sim_world *world)
{
    if (!sim_metric_is_kept(world->spec, SIM_STANDARD_VERSIONED)) {
        return;
    }
    struct versions *versions = g_new0(struct versions, 1);
    versions->slots = g_new0(struct versioned_key, SLOTS_FIRST);
    versions->slot_mask = SLOTS_FIRST - 1;
    versions->ring = g_new0(struct commit, COMMITS_FIRST);
    versions->ring_size = COMMITS_FIRST;
    versions->newest = g_new0(uint64_t, world->spec->group_count);
    world->versions = versions;
}

void versions_clear(struct sim_world *world)
{
    if (world->versions != NULL) {
        g_free(world->versions->slots);
        g_free(world->versions->ring);
        g_free(world->versions->newest);
        g_free(world->versions);
    }
}

/* ---- keys ---- */

/* The slot of the key, or the empty one that it belongs into. */
static struct versioned_key *slot_of(const struct versions *versions, uint32_t store, uint64_t key)
{
    uint64_t at = sim_hash_pair(store, key) & versions->slot_mask;
    while (versions->slots[at].is_used &&
           (versions->slots[at].key != key || versions->slots[at].store != store)) {
        at = (at + 1) & versions->slot_mask;
    }
    return &versions->slots[at];
}

static void grow_slots(struct versions *versions)
{
    struct versioned_key *old = versions->slots;
    uint64_t old_size = versions->slot_mask + 1;
    versions->slots = g_new0(struct versioned_key, 2 * old_size);
    versions->slot_mask = 2 * old_size - 1;
    for (uint64_t i = 0; i < old_size; i++) {
        if (old[i].is_used) {
            *slot_of(versions, old[i].store, old[i].key) = old[i];
        }
    }
    g_free(old);
}

static struct versioned_key *key_take(struct versions *versions, uint32_t store, uint64_t key)
{
    struct versioned_key *slot = slot_of(versions, store, key);
    if (slot->is_used) {
        return slot;
    }
    if (2 * (versions->key_count + 1) > versions->slot_mask) {
        grow_slots(versions);
        slot = slot_of(versions, store, key);
    }
    versions->key_count++;
    *slot = (struct versioned_key){.key = key, .store = store, .is_used = true};
    return slot;
}

/* ---- commits ---- */

/* The commit of that number; NULL for 0, and when it has been forgotten. */
static const struct commit *commit_at(const struct versions *versions, uint64_t number)
{
    bool is_kept = number != 0 && number + versions->ring_size > versions->commit_count;
    return is_kept ? &versions->ring[number % versions->ring_size] : NULL;
}

static void grow_ring(struct versions *versions)
{
    uint64_t size = 2 * versions->ring_size;
    struct commit *ring = g_new0(struct commit, size);
    for (uint64_t number = 1; number <= versions->commit_count; number++) {
        ring[number % size] = versions->ring[number % versions->ring_size];
    }
    g_free(versions->ring);
    versions->ring = ring;
    versions->ring_size = size;
}

/* Where the commit after `last` jumps to: over two equal stretches behind it when there are two,
 * else one step. */
static uint64_t jump_from(const struct versions *versions, uint64_t number,
                          const struct commit *last)
{
    const struct commit *first = commit_at(versions, last->jump);
    const struct commit *second = first != NULL ? commit_at(versions, first->jump) : NULL;
    bool is_equal = second != NULL && last->depth - first->depth == first->depth - second->depth;
    return is_equal ? first->jump : number;
}

void sim_commit(struct sim_node *self, uint64_t key, uint64_t version)
{
    struct versions *versions = self->world->versions;
    sim_assert((self->model->traits & SIM_MODEL_STORE) != 0 && version > 0);
    struct versioned_key *slot = key_take(versions, self->group_index, key);
    if (version <= slot->latest.version) {
        return; /* it supersedes nothing */
    }
    struct commit commit = {.version = version,
                            .time = world_now(self->world),
                            .depth = slot->latest.depth + 1,
                            .previous = slot->number};
    commit.jump = slot->number != 0 ? jump_from(versions, slot->number, &slot->latest) : 0;
    if (versions->commit_count + 1 >= versions->ring_size && versions->ring_size < COMMITS_MAX) {
        grow_ring(versions);
    }
    versions->commit_count++;
    versions->ring[versions->commit_count % versions->ring_size] = commit;
    slot->number = versions->commit_count;
    slot->latest = commit;
    uint64_t *newest = &versions->newest[self->group_index];
    *newest = version > *newest ? version : *newest;
}

/* The latest commit that was made by `time`; NULL when none is remembered. */
static const struct commit *committed_by(const struct versions *versions,
                                         const struct commit *commit, sim_time time)
{
    while (commit != NULL && commit->time > time) {
        const struct commit *jump = commit_at(versions, commit->jump);
        commit = jump != NULL && jump->time > time ? jump : commit_at(versions, commit->previous);
    }
    return commit;
}

/* The oldest commit up to `commit`, which is newer than `version`, that is too. */
static const struct commit *first_after(const struct versions *versions,
                                        const struct commit *commit, uint64_t version)
{
    for (;;) {
        const struct commit *next = commit_at(versions, commit->jump);
        if (next == NULL || next->version <= version) {
            next = commit_at(versions, commit->previous);
        }
        if (next == NULL || next->version <= version) {
            return commit;
        }
        commit = next;
    }
}

/* ---- deliveries ---- */

/* The latest commit whose version is at most that; NULL when none is remembered. */
static const struct commit *committed_as(const struct versions *versions,
                                         const struct commit *commit, uint64_t version)
{
    while (commit != NULL && commit->version > version) {
        const struct commit *jump = commit_at(versions, commit->jump);
        commit =
            jump != NULL && jump->version > version ? jump : commit_at(versions, commit->previous);
    }
    return commit;
}

uint64_t sim_delivered(struct sim_node *self, int metric, const struct sim_delivery *delivery)
{
    struct sim_world *world = self->world;
    const struct versions *versions = world->versions;
    if (versions == NULL || delivery->store == 0 || delivery->store > world->node_count) {
        return 0;
    }
    uint32_t store = world->nodes[delivery->store].group_index;
    const struct versioned_key *slot = slot_of(versions, store, delivery->key);
    const struct commit *commit = slot->is_used ? &slot->latest : NULL;
    uint64_t count = 0;
    commit = committed_as(versions, commit, delivery->version);
    while (commit != NULL && commit->version > delivery->after && commit->time >= delivery->since) {
        sim_record(self, metric, world_now(world) - commit->time);
        count++;
        commit = commit_at(versions, commit->previous);
    }
    return count;
}

/* ---- reads ---- */

static bool is_read(uint16_t operation)
{
    return operation == SIM_OP_READ || operation == SIM_OP_CALL;
}

/* What a read that began after a commit says: whether it saw the latest one. */
static void judge_latest(struct sim_node *node, const struct versions *versions,
                         const struct commit *latest, sim_time began, uint64_t version)
{
    bool is_source = sim_metric_is_of(node->model, SIM_STANDARD_SINCE_COMMIT);
    if (is_source) {
        metric_sample(node, SIM_STANDARD_SINCE_COMMIT, began, began - latest->time);
    }
    if (latest->version <= version) {
        return;
    }
    const struct commit *first = first_after(versions, latest, version);
    metric_count(node, SIM_STANDARD_STALE, began, 1);
    metric_sample(node, SIM_STANDARD_STALENESS, began, began - first->time);
    metric_sample(node, SIM_STANDARD_BEHIND, began, (int64_t)(latest->depth - first->depth + 1));
    if (is_source) {
        metric_sample(node, SIM_STANDARD_MISSED, began, began - latest->time);
    }
}

static void judge(struct sim_node *node, uint64_t key, sim_time began,
                  const struct sim_reply *reply)
{
    struct sim_world *world = node->world;
    const struct versions *versions = world->versions;
    uint32_t store = world->nodes[reply->served_by].group_index;
    const struct versioned_key *slot = slot_of(versions, store, key);
    metric_count(node, SIM_STANDARD_VERSIONED, began, 1);
    const struct commit *latest =
        slot->is_used ? committed_by(versions, &slot->latest, began) : NULL;
    if (latest != NULL) {
        judge_latest(node, versions, latest, began, reply->version);
    }
}

/* By the key of it that is the stalest. Whether it saw the latest commit is not asked: of which key
 * would that be? */
static void judge_scan(struct sim_node *node, uint64_t key, uint64_t key_end, sim_time began,
                       const struct sim_reply *reply)
{
    struct sim_world *world = node->world;
    const struct versions *versions = world->versions;
    uint32_t store = world->nodes[reply->served_by].group_index;
    sim_time since = SIM_NEVER;
    uint64_t behind = 0;
    metric_count(node, SIM_STANDARD_VERSIONED, began, 1);
    for (; key < key_end; key++) {
        const struct versioned_key *slot = slot_of(versions, store, key);
        const struct commit *latest =
            slot->is_used ? committed_by(versions, &slot->latest, began) : NULL;
        if (latest == NULL || latest->version <= reply->version) {
            continue;
        }
        const struct commit *first = first_after(versions, latest, reply->version);
        if (first->time < since) {
            since = first->time;
            behind = latest->depth - first->depth + 1;
        }
    }
    if (since != SIM_NEVER) {
        metric_count(node, SIM_STANDARD_STALE, began, 1);
        metric_sample(node, SIM_STANDARD_STALENESS, began, began - since);
        metric_sample(node, SIM_STANDARD_BEHIND, began, (int64_t)behind);
    }
}

static bool has_version(const struct sim_reply *reply)
{
    return reply->version != 0 && reply->served_by != 0 &&
           (reply->status == SIM_STATUS_OK || reply->status == SIM_STATUS_NOT_FOUND);
}

void versions_served(struct sim_node *node, const struct sim_request *request, sim_time began,
                     const struct sim_reply *reply)
{
    if (has_version(reply) && is_read(request->operation)) {
        judge(node, request->key, began, reply);
    } else if (has_version(reply) && request->operation == SIM_OP_SCAN) {
        judge_scan(node, request->key, request->key_end, began, reply);
    }
}

uint64_t sim_complete_up_to(const struct sim_node *self, sim_node_id store, uint64_t key,
                            uint64_t version)
{
    const struct sim_world *world = self->world;
    const struct versions *versions = world->versions;
    if (versions == NULL) {
        return version;
    }
    uint32_t group = world->nodes[store].group_index;
    const struct versioned_key *slot = slot_of(versions, group, key);
    if (slot->is_used && slot->latest.version > version) {
        return first_after(versions, &slot->latest, version)->version - 1;
    }
    return version > versions->newest[group] ? version : versions->newest[group];
}

void sim_served(struct sim_node *self, const struct sim_operation_id *operation,
                const struct sim_witness *asked, const struct sim_reply *reply)
{
    if (self->world->versions == NULL) {
        return;
    }
    if (is_read(asked->operation) && has_version(reply)) {
        judge(self, asked->key, operation->began, reply);
    } else if (asked->operation == SIM_OP_SCAN && has_version(reply)) {
        judge_scan(self, asked->key, asked->key_end, operation->began, reply);
    }
    if (asked->session != 0 && has_version(reply) && asked->operation != SIM_OP_SCAN) {
        sessions_saw(self, operation->began, asked, reply);
    }
}
