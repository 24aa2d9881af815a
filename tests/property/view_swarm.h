/* What the swarms of store.view play and judge: three of them over one base and one view, all of
 * which crash, stand still and are cut off from each other. Clients read and write; a reader
 * queries.
 *
 * Before base and view stand gates (gate.h), which know of each write what the base said, and of
 * each update when the view was asked and had it. By that
 *
 *   - an update is one of a write that the base has done, by whoever wrote it, in the group of its
 * key;
 *   - async: updates of a group go one at a time, each again and again until the view has it, and
 *     never again when a later one was sent;
 *   - sync: the view has the update when the write is answered;
 *   - in the end the view has the update of every write that was answered, but for what crashes
 * took, which is counted as lost, and nothing is open any more;
 *   - a query that certainly lacked an update whose write had been answered is counted as behind.
 *
 * What clients read and write is linearizable, as the base is.
 */
#ifndef TESTS_PROPERTY_VIEW_SWARM_H
#define TESTS_PROPERTY_VIEW_SWARM_H

#define SWARM_REPLICAS 3u
#define SWARM_CLIENTS 3u
#define SWARM_KEYS 6u
#define SWARM_REFUSED 500
#include "gate.h"
#include "swarm_targets.h"

#define VIEW_GROUPS 3u
#define VIEW "base = 'base', view = 'view', groups = 3, timeout = ms(600), "

struct view_query {
    sim_node_id front;
    uint64_t group;
    sim_time asked, answered; /* SIM_NEVER: it was not */
};

/* Of one run; and of all, what crashes took and what the view was told twice. */
struct view_run {
    struct gate base, view;
    struct probe reader;
    GArray *queries;         /* struct view_query */
    uint64_t crashes_before; /* of fronts, in earlier runs */
    bool is_sync;
    uint64_t lost, doubled;
};

static inline uint64_t view_group(uint64_t key)
{
    return sim_hash_pair(1, key) % VIEW_GROUPS;
}

static inline bool view_is_done(const struct gate_entry *entry)
{
    return entry->completed != SIM_NEVER && entry->reply.status == SIM_STATUS_OK;
}

/* ---- who asks ---- */

static inline void view_query(struct sim_node *self, struct view_run *run)
{
    struct sim_random *random = sim_random_of(self, 0);
    uint64_t key = sim_random_below(random, SWARM_KEYS);
    struct view_query query = {.front =
                                   swarm_id((uint32_t)sim_random_below(random, SWARM_REPLICAS)),
                               .group = view_group(key),
                               .asked = sim_now(self),
                               .answered = SIM_NEVER};
    struct sim_request request = {
        .key = key, .key_end = key + 1, .operation = SIM_OP_SCAN, .deadline = SIM_NEVER};
    g_array_append_val(run->queries, query);
    sim_send_request(self, query.front, &request, s(1), run->queries->len - 1);
}

static inline void view_reader(struct sim_node *self, const struct sim_input *in,
                               struct probe *probe)
{
    struct view_run *run = probe->data;
    if (in->kind == SIM_IN_OUTCOME) {
        if (in->outcome->reply.status == SIM_STATUS_OK) {
            g_array_index(run->queries, struct view_query, in->tag).answered = sim_now(self);
        }
    } else if ((in->kind == SIM_IN_START || in->kind == SIM_IN_TIMER) &&
               sim_now(self) < s(SWARM_END)) {
        view_query(self, run);
        sim_after(self, ms(50), PROBE_TIMER_A, 0);
    }
}

/* ---- judging ---- */

/* The write that an update is of; NULL = there is none that the base had done by then. */
static inline const struct gate_entry *view_write_of(const struct view_run *run,
                                                     const struct gate_entry *update)
{
    for (uint32_t i = 0; i < run->base.entries->len; i++) {
        const struct gate_entry *write = gate_at(&run->base, i);
        if (write->operation != SIM_OP_READ && write->value == update->value) {
            bool is_it = view_is_done(write) && write->completed <= update->invoked &&
                         write->from == update->from && view_group(write->key) == update->key;
            return is_it ? write : NULL;
        }
    }
    return NULL;
}

/* When the view first had the update of the write with that value. */
static inline sim_time view_arrival(const struct view_run *run, uint64_t value)
{
    sim_time first = SIM_NEVER;
    for (uint32_t i = 0; i < run->view.entries->len; i++) {
        const struct gate_entry *update = gate_at(&run->view, i);
        if (update->operation == SIM_OP_APPEND && update->value == value && view_is_done(update) &&
            update->completed < first) {
            first = update->completed;
        }
    }
    return first;
}

/* The one that was sent before `at`, of the same front and group; NULL = none. */
static inline const struct gate_entry *view_before(const struct view_run *run, uint32_t at)
{
    const struct gate_entry *update = gate_at(&run->view, at);
    while (at-- > 0) {
        const struct gate_entry *other = gate_at(&run->view, at);
        if (other->operation == SIM_OP_APPEND && other->from == update->from &&
            other->key == update->key) {
            return other;
        }
    }
    return NULL;
}

static inline bool view_was_sent(const struct view_run *run, uint32_t before, uint64_t value)
{
    for (uint32_t i = 0; i < before; i++) {
        const struct gate_entry *other = gate_at(&run->view, i);
        if (other->operation == SIM_OP_APPEND && other->value == value) {
            return true;
        }
    }
    return false;
}

/* Updates that are none, or out of turn. */
static inline uint64_t view_judge_updates(struct view_run *run, bool has_crashed)
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < run->view.entries->len; i++) {
        const struct gate_entry *update = gate_at(&run->view, i);
        if (update->operation != SIM_OP_APPEND) {
            continue;
        }
        wrong += view_write_of(run, update) == NULL;
        if (view_arrival(run, update->value) < update->invoked) {
            run->doubled++; /* nobody heard of that, or this one is late */
            continue;
        }
        const struct gate_entry *before = view_before(run, i);
        if (!run->is_sync && !has_crashed && before != NULL && before->value != update->value) {
            wrong += view_was_sent(run, i, update->value);
            wrong += view_arrival(run, before->value) > update->invoked;
        }
    }
    return wrong;
}

/* Writes that were answered and that the view lacks, or had later than it should. */
static inline uint64_t view_judge_writes(const struct swarm *swarm, const struct view_run *run,
                                         uint64_t lost)
{
    uint64_t lacking = 0, late = 0;
    for (uint64_t i = 0; i < swarm->seen.history.count; i++) {
        const struct sim_history_entry *entry = &swarm->seen.history.entries[i];
        if (entry->function == SIM_HISTORY_READ || entry->outcome != SIM_HISTORY_OK) {
            continue;
        }
        sim_time arrival = view_arrival(run, entry->argument);
        lacking += arrival == SIM_NEVER;
        late += run->is_sync && arrival > entry->completed;
    }
    return late + (lacking > lost);
}

/* A write that was answered: when, by whom it was done, and when the view had its update. */
struct view_told {
    sim_node_id front;
    uint64_t group;
    sim_time answered, arrived;
};

static inline GArray *view_told_of(const struct swarm *swarm, const struct view_run *run)
{
    GArray *writes = g_array_new(FALSE, FALSE, sizeof(struct view_told));
    for (uint32_t i = 0; i < run->base.entries->len; i++) {
        const struct gate_entry *write = gate_at(&run->base, i);
        if (write->operation == SIM_OP_READ || write->operation == SIM_OP_SCAN) {
            continue;
        }
        const struct sim_history_entry *entry = &swarm->seen.history.entries[write->value - 1];
        if (entry->outcome == SIM_HISTORY_OK) {
            struct view_told told = {.front = write->from,
                                     .group = view_group(write->key),
                                     .answered = entry->completed,
                                     .arrived = view_arrival(run, write->value)};
            g_array_append_val(writes, told);
        }
    }
    return writes;
}

/* Queries that came when a write had been answered by whoever was asked, and were answered before
 * its update was there. */
static inline uint64_t view_count_behind(const struct swarm *swarm, const struct view_run *run)
{
    GArray *writes = view_told_of(swarm, run);
    uint64_t count = 0;
    for (uint32_t i = 0; i < run->queries->len; i++) {
        const struct view_query *query = &g_array_index(run->queries, struct view_query, i);
        bool is_behind = false;
        for (uint32_t j = 0; query->answered != SIM_NEVER && j < writes->len; j++) {
            const struct view_told *told = &g_array_index(writes, struct view_told, j);
            is_behind |= told->front == query->front && told->group == query->group &&
                         told->answered <= query->asked && told->arrived > query->answered;
        }
        count += is_behind;
    }
    g_array_free(writes, TRUE);
    return count;
}

static inline void view_finish(struct swarm *swarm)
{
    struct view_run *run = swarm->data;
    bool has_crashed = swarm->happened[SWARM_CRASH] > run->crashes_before;
    uint64_t lost = fixture_total(&swarm->f, "replica", "updates.lost");
    uint64_t behind = fixture_total(&swarm->f, "replica", "queries.behind");
    uint64_t updates = view_judge_updates(run, has_crashed);
    uint64_t writes = view_judge_writes(swarm, run, lost);
    bool is_miscounted =
        run->is_sync ? behind > 0 : !has_crashed && behind < view_count_behind(swarm, run);
    is_miscounted |= !has_crashed && lost > 0;
    if (updates + writes + is_miscounted > 0) {
        g_test_message("    %" G_GUINT64_FORMAT " updates are wrong, %" G_GUINT64_FORMAT
                       " writes lack one; counts are %s",
                       updates, writes, is_miscounted ? "wrong" : "right");
        swarm->violations++;
    }
    swarm->stuck += fixture_level(&swarm->f, "replica", "updates.open") != 0;
    run->lost += lost;
}

/* ---- a run ---- */

static inline void view_clear(struct view_run *run)
{
    if (run->queries != NULL) {
        g_array_free(run->queries, TRUE);
        gate_clear(&run->base);
        gate_clear(&run->view);
        probe_clear(&run->reader);
    }
}

static inline void view_prepare(struct swarm *swarm)
{
    static const char *const stores[] = {"db", "index"}, *const gates[] = {"base", "view"};
    struct view_run *run = swarm->data;
    struct fixture *f = &swarm->f;
    view_clear(run);
    for (int i = 0; i < 2; i++) {
        swarm_add_group(swarm, stores[i], &sim_model_store_single, 1,
                        "service = us(50), replay = us(10), fsync = exponential(ms(5))");
        gate_add(f, i == 0 ? &run->base : &run->view, gates[i], fixture_id(f, stores[i]), 1);
    }
    run->queries = g_array_new(FALSE, FALSE, sizeof(struct view_query));
    run->reader = (struct probe){.on = view_reader, .data = run, .forgets = true};
    probe_add(f, &run->reader, "reader", 1);
    run->crashes_before = swarm->happened[SWARM_CRASH];
    for (int i = 0; i < 6; i++) {
        enum swarm_fault kind;
        bool has_kind = swarm_target_kind(swarm, &kind);
        uint64_t which = sim_random_below(&swarm->random, 2);
        if (has_kind) {
            swarm_target_fault(swarm, kind, kind == SWARM_PARTITION ? gates[which] : stores[which]);
        }
    }
}

/* Plays seeds from `first` on; with `stops` until one is not as claimed. */
static inline struct swarm *view_swarm_new(const char *params, uint64_t first, uint64_t seeds,
                                           bool stops)
{
    static const char *const rare[] = {"updates.retried", "updates.lost", "queries", NULL};
    static const char *const rare_async[] = {"updates.retried", "updates.lost", "queries.behind",
                                             NULL};
    struct view_run run = {.is_sync = strstr(params, "'sync'") != NULL};
    struct swarm *swarm = g_new0(struct swarm, 1);
    swarm->of = (struct swarm_case){params, &sim_model_store_view, params, SWARM_ALL_FAULTS, true};
    swarm->play = swarm_play;
    swarm->prepare = view_prepare;
    swarm->finish = view_finish;
    swarm->rare = run.is_sync ? rare : rare_async;
    swarm->data = &run;
    swarm_play_all(swarm, first, seeds, stops);
    g_test_message("    %" G_GUINT64_FORMAT " updates lost in crashes, %" G_GUINT64_FORMAT
                   " sent again that had arrived",
                   run.lost, run.doubled);
    g_assert_true(run.doubled > 0 || stops || swarm_is_alone());
    view_clear(&run);
    swarm->data = NULL;
    return swarm;
}

#endif
