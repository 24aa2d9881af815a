/* Swarm: a replicated store under random faults, and whether what its clients saw is linearizable.
 *
 * Each seed draws which kinds of fault there are in its run (crashes, pauses, cuts between two
 * members, partitions, clocks that are wrong and drift), lets them happen for a while, heals all,
 * and waits. Clients ask one replica after the other, one thing at a time, and go on when they get
 * no answer. Then the history is judged, what was promised of the healed store is looked at, and
 * all replicas must hold the same.
 */
#ifndef TESTS_PROPERTY_SWARM_H
#define TESTS_PROPERTY_SWARM_H

#include <string.h>

#include "check/check.h"
#include "models.h"
#include "probe.h"

#ifndef SWARM_REPLICAS
#define SWARM_REPLICAS 5u
#endif
#ifndef SWARM_CLIENTS
#define SWARM_CLIENTS 6u
#endif
#ifndef SWARM_REFUSED
#define SWARM_REFUSED 0 /* ms: how long a client that was refused waits before it asks again */
#endif
#ifndef SWARM_KEYS
#define SWARM_KEYS 2u
#endif
#define SWARM_RARE_MAX 16u
#define SWARM_OPERATIONS 20000u
#define SWARM_HEALED 10 /* s */
#ifdef SWARM_QUICK      /* hundreds of seeds in seconds: clients ask for less long after that */
#define SWARM_CALM 17
#define SWARM_END 19
#else
#define SWARM_CALM 35 /* s: timeouts, suspicions and retransmissions have passed */
#define SWARM_END 40  /* s: of the clients */
#endif

enum swarm_fault {
    SWARM_CRASH,
    SWARM_PAUSE,
    SWARM_CUT,
    SWARM_PARTITION,
    SWARM_CLOCK,
    SWARM_FAULTS
};

/* What is played. */
struct swarm_case {
    const char *what; /* for messages */
    const struct sim_model *model;
    const char *params;
    unsigned allowed;         /* bits of enum swarm_fault */
    bool has_compare_and_set; /* the store serves it */
};

struct swarm {
    struct swarm_case of;
    uint64_t seed;
    struct fixture f;
    struct sim_random random;
    bool is_down[SWARM_REPLICAS], is_paused[SWARM_REPLICAS];
    bool is_cut[SWARM_REPLICAS][SWARM_REPLICAS];
    void (*play)(struct swarm *swarm, uint64_t seed);
    void (*prepare)(struct swarm *swarm); /* adds what the store needs beside; may be NULL */
    void (*finish)(struct swarm *swarm);  /* looks at how it ended; likewise */
    struct sim_check_claim
        claim; /* what histories are to be: linearizable, unless `prepare` says */
    struct sim_check_input seen;
    uint64_t held[SWARM_REPLICAS][SWARM_KEYS];
    /* Of all seeds that the struct was played with: violations of the claim. */
    uint64_t happened[SWARM_FAULTS], unknown, failed, succeeded, violations, diverged, stuck;
    /* Metrics of the store that count what is rare, NULL at the end: `prepare` says which. Each
     * must be reached by some seed. */
    const char *const *rare;
    uint64_t reached[SWARM_RARE_MAX];
    void *data; /* of `play` */
};

/* ---- clients ---- */

struct swarm_params {
    struct swarm *swarm;
};

struct swarm_state {
    uint32_t open;             /* its operation, by index */
    uint64_t seen[SWARM_KEYS]; /* what it last saw there */
};

enum { SWARM_TIMER_NEXT };
static const char *const swarm_timers[] = {"next", NULL};
enum { SWARM_DRAW };
static const char *const swarm_draws[] = {"asks", NULL};

static inline void swarm_next(struct sim_node *self)
{
    struct swarm *swarm = ((const struct swarm_params *)sim_params(self))->swarm;
    struct swarm_state *state = sim_state(self);
    struct sim_random *random = sim_random_of(self, SWARM_DRAW);
    struct sim_history *history = &swarm->seen.history;
    if (history->count == history->count_max || sim_now(self) > s(SWARM_END)) {
        return;
    }
    state->open = (uint32_t)history->count;
    struct sim_history_entry *entry = sim_history_add(history);
    entry->process = sim_self(self);
    entry->key = sim_random_below(random, SWARM_KEYS);
    bool is_write = sim_random_chance(random, 0.4);
    bool is_conditional =
        is_write && swarm->of.has_compare_and_set && sim_random_chance(random, 0.5);
    entry->function = !is_write        ? SIM_HISTORY_READ
                      : is_conditional ? SIM_HISTORY_COMPARE_AND_SET
                                       : SIM_HISTORY_WRITE;
    entry->argument = is_write ? history->count : 0;
    entry->expected = is_conditional ? state->seen[entry->key] : 0;
    entry->outcome = SIM_HISTORY_UNKNOWN;
    entry->invoked = sim_now(self);
    entry->completed = SIM_NEVER;
    struct sim_request request = {
        .operation_id = history->count,
        .key = entry->key,
        .value = entry->argument,
        .expected = entry->expected,
        .operation = !is_write        ? SIM_OP_READ
                     : is_conditional ? SIM_OP_COMPARE_AND_SET
                                      : SIM_OP_WRITE,
        .deadline = SIM_NEVER,
    };
    sim_node_id to = SWARM_CLIENTS + 1 + (sim_node_id)sim_random_below(random, SWARM_REPLICAS);
    sim_send_request(self, to, &request, s(1), state->open);
}

static inline void swarm_outcome(struct sim_node *self, const struct sim_input *in)
{
    struct swarm *swarm = ((const struct swarm_params *)sim_params(self))->swarm;
    struct swarm_state *state = sim_state(self);
    struct sim_history_entry *entry = &swarm->seen.history.entries[in->tag];
    const struct sim_reply *reply = &in->outcome->reply;
    if (sim_status_is_answer(reply->status)) {
        entry->completed = sim_now(self);
        entry->outcome =
            reply->status == SIM_STATUS_CONFLICT ? SIM_HISTORY_MISMATCH : SIM_HISTORY_OK;
        entry->result = reply->value;
        entry->is_result_known =
            entry->function == SIM_HISTORY_READ || entry->outcome == SIM_HISTORY_MISMATCH;
        state->seen[entry->key] = entry->is_result_known ? reply->value : entry->argument;
        swarm->succeeded++;
    } else if (reply->status == SIM_STATUS_UNAVAILABLE) {
        entry->outcome = SIM_HISTORY_FAIL; /* the store says that it did not happen */
        swarm->failed++;
    } else {
        swarm->unknown++;
    }
    sim_time pause = reply->status == SIM_STATUS_REFUSED ? ms(SWARM_REFUSED) : 0;
    pause += us(1) + (sim_time)sim_random_below(sim_random_of(self, SWARM_DRAW), 20000000);
    sim_after(self, pause, SWARM_TIMER_NEXT, 0);
}

static inline void swarm_handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_START || in->kind == SIM_IN_TIMER) {
        swarm_next(self);
    } else if (in->kind == SIM_IN_OUTCOME) {
        swarm_outcome(self, in);
    }
}

static const struct sim_model swarm_client = {
    .abi = SIM_MODEL_ABI,
    .name = "swarm",
    .summary = "asks one thing after another",
    .params_size = sizeof(struct swarm_params),
    .state_size = sizeof(struct swarm_state),
    .handle = swarm_handle,
    .timers = swarm_timers,
    .draws = swarm_draws,
};

/* ---- faults ---- */

static inline sim_node_id swarm_id(uint32_t replica)
{
    return SWARM_CLIENTS + 1 + replica;
}

static inline void swarm_cut(struct swarm *swarm, uint32_t a, uint32_t b, bool is_cut)
{
    if (a != b && swarm->is_cut[a][b] != is_cut) {
        swarm->is_cut[a][b] = is_cut;
        sim_world_cut(swarm->f.world, swarm_id(a), swarm_id(b), is_cut);
    }
}

static inline void swarm_crash(struct swarm *swarm, uint32_t replica, bool is_down)
{
    if (swarm->is_down[replica] != is_down) {
        swarm->is_down[replica] = is_down;
        if (is_down) {
            sim_world_crash(swarm->f.world, swarm_id(replica), false);
        } else {
            sim_world_restart(swarm->f.world, swarm_id(replica));
        }
    }
}

static inline void swarm_pause(struct swarm *swarm, uint32_t replica, bool is_paused)
{
    if (swarm->is_paused[replica] != is_paused) {
        swarm->is_paused[replica] = is_paused;
        sim_world_pause(swarm->f.world, swarm_id(replica), is_paused);
    }
}

static inline void swarm_partition(struct swarm *swarm, uint32_t sides)
{
    for (uint32_t a = 0; a < SWARM_REPLICAS; a++) {
        for (uint32_t b = 0; b < SWARM_REPLICAS; b++) {
            swarm_cut(swarm, a, b, (sides >> a & 1) != (sides >> b & 1));
        }
    }
}

/* One fault comes or goes, of the kinds that this run has. */
static inline void swarm_step(struct swarm *swarm, unsigned kinds)
{
    enum swarm_fault kind = (enum swarm_fault)sim_random_below(&swarm->random, SWARM_CLOCK);
    uint32_t a = (uint32_t)sim_random_below(&swarm->random, SWARM_REPLICAS);
    uint32_t b = (uint32_t)sim_random_below(&swarm->random, SWARM_REPLICAS);
    if ((kinds >> kind & 1) == 0) {
        return;
    }
    swarm->happened[kind]++;
    switch (kind) {
    case SWARM_CRASH:
        swarm_crash(swarm, a, !swarm->is_down[a]);
        break;
    case SWARM_PAUSE:
        swarm_pause(swarm, a, !swarm->is_paused[a]);
        break;
    case SWARM_CUT:
        swarm_cut(swarm, a, b, !swarm->is_cut[a][b]);
        break;
    case SWARM_PARTITION:
        swarm_partition(swarm, (uint32_t)sim_random_below(&swarm->random, 1u << SWARM_REPLICAS));
        break;
    case SWARM_CLOCK:
    case SWARM_FAULTS:
        break;
    }
}

static inline void swarm_heal(struct swarm *swarm)
{
    swarm_partition(swarm, 0);
    for (uint32_t i = 0; i < SWARM_REPLICAS; i++) {
        swarm_crash(swarm, i, false);
        swarm_pause(swarm, i, false);
    }
}

/* ---- a run ---- */

static inline void swarm_held(struct sim_node *self, const struct sim_input *in,
                              struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        struct swarm *swarm = probe->data;
        swarm->held[in->tag / SWARM_KEYS][in->tag % SWARM_KEYS] = in->outcome->reply.value;
    }
}

static inline void swarm_compare(struct swarm *swarm)
{
    memset(swarm->held, 0xff, sizeof swarm->held);
    for (uint32_t i = 0; i < SWARM_REPLICAS * SWARM_KEYS; i++) {
        struct sim_request request = {.key = i % SWARM_KEYS,
                                      .operation = SIM_OP_READ,
                                      .consistency = SIM_CONSISTENCY_EVENTUAL,
                                      .deadline = SIM_NEVER};
        sim_send_request(probe_node(&swarm->f, "asker"), swarm_id(i / SWARM_KEYS), &request,
                         SIM_NEVER, i);
    }
    fixture_run_until(&swarm->f, sim_world_now(swarm->f.world) + s(1));
    for (uint32_t i = 1; i < SWARM_REPLICAS; i++) {
        if (memcmp(swarm->held[i], swarm->held[0], sizeof swarm->held[0]) != 0) {
            swarm->diverged++;
            return;
        }
    }
}

static inline void swarm_judge(struct swarm *swarm)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    limits.cut_steps_max = 0;
    sim_check_judge(&swarm->seen, &swarm->claim, &limits, &result);
    g_assert_cmpint(result.verdict, !=, SIM_CHECK_UNKNOWN);
    swarm->violations += result.verdict == SIM_CHECK_NO;
    sim_check_result_clear(&result);
    for (uint64_t i = 0; i < swarm->seen.history.count; i++) {
        const struct sim_history_entry *entry = &swarm->seen.history.entries[i];
        if (entry->invoked > s(SWARM_CALM) && entry->completed == SIM_NEVER) {
            swarm->stuck++; /* all are there, and it was not served */
            return;
        }
    }
}

/* Of very different lengths, but none so long as to look like a failure. */
static inline void swarm_link(struct fixture *f)
{
    const char *error = NULL;
    struct sim_link_law *link = fixture_link(f, 0, 0);
    const struct sim_dist *law = sim_dist_lognormal_median(&f->arena, 0.002, 0.99, 0.1, &error);
    link->latency = sim_dist_truncated(&f->arena, law, 0, 0.12, &error);
    g_assert_null(error);
    link->loss = 0.002;
}

static inline void swarm_clocks(struct swarm *swarm)
{
    for (uint32_t i = 0; i < SWARM_REPLICAS; i++) {
        struct sim_machine_spec *machine = fixture_machine(&swarm->f, swarm_id(i));
        machine->clock_offset = (sim_time)sim_random_below(&swarm->random, 2000000000);
        machine->clock_drift = (sim_random_unit(&swarm->random) - 0.5) * 0.02;
        swarm->happened[SWARM_CLOCK]++;
    }
}

static inline void swarm_build(struct swarm *swarm, struct probe *asker,
                               const struct swarm_params *params, bool has_clocks)
{
    struct fixture *f = &swarm->f;
    fixture_init(f, s(1000));
    f->options.seed = swarm->seed;
    fixture_add_group(f, "client", &swarm_client, NULL, SWARM_CLIENTS, SWARM_CLIENTS);
    fixture_add_group(f, "replica", swarm->of.model, swarm->of.params, SWARM_REPLICAS,
                      SWARM_REPLICAS);
    probe_add(f, asker, "asker", 1);
    fixture_set_params(f, "client", params);
    swarm_link(f);
    fixture_group(f, "replica")->transport.retransmit = ms(50);
    fixture_group(f, "client")->transport.retransmit = ms(50);
    if (has_clocks) {
        swarm_clocks(swarm);
    }
    if (swarm->prepare != NULL) {
        swarm->prepare(swarm);
    }
    fixture_start(f);
}

/* The kinds of faults that the seed has. */
static inline unsigned swarm_begin(struct swarm *swarm, uint64_t seed)
{
    swarm->seed = seed;
    sim_random_init(&swarm->random, seed, "swarm", "faults");
    return (unsigned)sim_random_u64(&swarm->random) & swarm->of.allowed;
}

/* Faults come and go until all is mended. */
static inline void swarm_faults(struct swarm *swarm, unsigned kinds)
{
    while (sim_world_now(swarm->f.world) < s(SWARM_HEALED)) {
        sim_time step = ms(20) + (sim_time)sim_random_below(&swarm->random, 400000000);
        fixture_run_until(&swarm->f, sim_world_now(swarm->f.world) + step);
        swarm_step(swarm, kinds);
    }
    swarm_heal(swarm);
}

static inline void swarm_reach(struct swarm *swarm, const char *group)
{
    for (uint32_t i = 0; swarm->rare != NULL && swarm->rare[i] != NULL; i++) {
        swarm->reached[i] += fixture_total(&swarm->f, group, swarm->rare[i]);
    }
}

static inline void swarm_play(struct swarm *swarm, uint64_t seed)
{
    struct swarm_params params = {swarm};
    struct probe asker = {.on = swarm_held, .data = swarm};
    unsigned kinds = swarm_begin(swarm, seed);
    swarm->seen = (struct sim_check_input){.has_initial = true, .has_times = true};
    sim_history_init(&swarm->seen.history, SWARM_OPERATIONS);
    swarm_build(swarm, &asker, &params, (kinds >> SWARM_CLOCK & 1) != 0);
    swarm_faults(swarm, kinds);
    fixture_run_until(&swarm->f, s(SWARM_END + 30)); /* some rounds of anti-entropy */
    swarm_judge(swarm);
    swarm_compare(swarm);
    swarm_reach(swarm, "replica");
    if (swarm->finish != NULL) {
        swarm->finish(swarm);
    }
    sim_check_input_clear(&swarm->seen);
    fixture_clear(&swarm->f);
    probe_clear(&asker);
}

static inline void swarm_report(const struct swarm *swarm)
{
    g_test_message("%s: %" G_GUINT64_FORMAT " not as claimed, %" G_GUINT64_FORMAT
                   " diverged, %" G_GUINT64_FORMAT " stuck; crashes %" G_GUINT64_FORMAT
                   ", pauses %" G_GUINT64_FORMAT ", cuts %" G_GUINT64_FORMAT
                   ", partitions %" G_GUINT64_FORMAT ", clocks %" G_GUINT64_FORMAT
                   "; operations %" G_GUINT64_FORMAT " ok, %" G_GUINT64_FORMAT
                   " failed, %" G_GUINT64_FORMAT " unknown",
                   swarm->of.what, swarm->violations, swarm->diverged, swarm->stuck,
                   swarm->happened[SWARM_CRASH], swarm->happened[SWARM_PAUSE],
                   swarm->happened[SWARM_CUT], swarm->happened[SWARM_PARTITION],
                   swarm->happened[SWARM_CLOCK], swarm->succeeded, swarm->failed, swarm->unknown);
    for (uint32_t i = 0; swarm->rare != NULL && swarm->rare[i] != NULL; i++) {
        g_test_message("    %s: %" G_GUINT64_FORMAT, swarm->rare[i], swarm->reached[i]);
    }
}

/* Whether one seed is played again, which reaches only some of what all of them reach. */
static inline bool swarm_is_alone(void)
{
    return g_getenv("BRINK_SWARM_SEED") != NULL;
}

/* Plays seeds from `first` on; with `stops` until one is not as claimed. BRINK_SWARM_SEED in the
 * environment plays that one alone. */
static inline void swarm_play_all(struct swarm *swarm, uint64_t first, uint64_t seeds, bool stops)
{
    const char *alone = g_getenv("BRINK_SWARM_SEED");
    if (alone != NULL) {
        first = g_ascii_strtoull(alone, NULL, 10);
        seeds = 1;
    }
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        uint64_t before = swarm->violations + swarm->diverged + swarm->stuck;
        swarm->play(swarm, seed);
        if (swarm->violations + swarm->diverged + swarm->stuck > before) {
            g_test_message("%s: seed %" G_GUINT64_FORMAT
                           " %s; again: BRINK_SWARM_SEED=%" G_GUINT64_FORMAT " %s -p %s",
                           swarm->of.what, seed,
                           swarm->violations > 0 ? "is not as claimed"
                           : swarm->diverged > 0 ? "has diverged"
                                                 : "is stuck",
                           seed, g_get_prgname(), g_test_get_path());
        }
        if (stops && swarm->violations > 0) {
            break;
        }
    }
    swarm_report(swarm);
}

static inline struct swarm *swarm_new_with(struct swarm_case of, uint64_t first, uint64_t seeds,
                                           bool stops, void (*prepare)(struct swarm *swarm))
{
    struct swarm *swarm = g_new0(struct swarm, 1);
    swarm->of = of;
    swarm->play = swarm_play;
    swarm->prepare = prepare;
    swarm_play_all(swarm, first, seeds, stops);
    return swarm;
}

static inline struct swarm *swarm_new(struct swarm_case of, uint64_t first, uint64_t seeds,
                                      bool stops)
{
    return swarm_new_with(of, first, seeds, stops, NULL);
}

/* Fails unless all was as it should be. */
static inline void swarm_check_right(const struct swarm *swarm)
{
    g_assert_cmpuint(swarm->violations, ==, 0);
    g_assert_cmpuint(swarm->diverged, ==, 0);
    g_assert_cmpuint(swarm->stuck, ==, 0);
}

/* And unless every kind of fault was there, and all that is rare. */
static inline void swarm_check(const struct swarm *swarm)
{
    swarm_check_right(swarm);
    if (swarm_is_alone()) {
        return;
    }
    for (int kind = 0; kind < SWARM_FAULTS; kind++) {
        g_assert_cmpuint(swarm->happened[kind], >, 0);
    }
    g_assert_cmpuint(swarm->unknown, >, 0);
    g_assert_cmpuint(swarm->failed, >, 0);
    for (uint32_t i = 0; swarm->rare != NULL && swarm->rare[i] != NULL; i++) {
        g_assert_cmpuint(swarm->reached[i], >, 0);
    }
}

#define SWARM_ALL_FAULTS ((1u << SWARM_FAULTS) - 1)

#endif
