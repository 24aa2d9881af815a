/* What the swarms of locks play and judge: sellers (client.locking) with locks in one store and
 * seats in another, of any kind, all of which crash, stand still, are cut off from each other and
 * have clocks that are wrong.
 *
 * Between sellers and seats stands a gate (gate.h) that keeps who asked what with which token, and
 * what the store said. By that
 *
 *   stale     a write was done with a token older than one with which somebody had been answered
 *             when it came to the gate
 *   resold    a seat had a second buyer, whoever heard of it
 *
 * With fencing there is neither. Whether two held a lock at once is judged of the history (a mutex
 * for each seat) where that is claimed: where nobody stands still, dies or waits for an answer for
 * longer than a lease. When all is mended everybody gets locks again, and nobody waits for ever.
 */
#ifndef TESTS_PROPERTY_LOCK_SWARM_H
#define TESTS_PROPERTY_LOCK_SWARM_H

#define SWARM_CLIENTS 1u  /* the gate */
#define SWARM_REPLICAS 9u /* three sellers, three members of the locks, three of the seats */
#include "gate.h"
#include "swarm.h"

#define LOCK_SELLERS 3u
#define LOCK_MEMBERS 3u
#define LOCK_PAUSES 5u   /* of each seller */
#define LOCK_REBOOTS 12u /* of one member of the seats */
#define LOCK_SALE                                                                                  \
    "sessions = 4, think = exponential(ms(5)), work = uniform(ms(20), ms(150)), "                  \
    "keys = sequential(1000), lease = ms(600), poll = ms(50), timeout = ms(400), to = 'gate', "

struct lock_store {
    const char *what;
    const struct sim_model *model;
    const char *params;
    const char *locks; /* who is asked for locks: the group, or the first of it */
};

static const struct lock_store lock_stores[] = {
    {"single", &sim_model_store_single, "service = us(50), replay = us(10), fsync = ms(2)",
     "locks[1]"},
    {"leader", &sim_model_store_leader,
     "service = us(50), replay = us(20), heartbeat = ms(100), detect = ms(600), "
     "election = ms(300), fsync = ms(1), mode = 'semi_sync', acks = 1",
     "locks"},
    {"raft", &sim_model_store_raft,
     "election_timeout = ms(400), heartbeat = ms(100), timeout = ms(400), fsync = ms(1), "
     "snapshot = 30, snapshot_keep = 5",
     "locks"},
    {"paxos", &sim_model_store_paxos,
     "service = us(50), heartbeat = ms(100), election_timeout = ms(500), timeout = ms(400), "
     "fsync = ms(1), snapshot = 30, snapshot_keep = 5",
     "locks"},
    {"chain", &sim_model_store_chain,
     "service = us(50), heartbeat = ms(300), timeout = ms(400), retry = ms(200), fsync = ms(1)",
     "locks"},
};

struct lock_case {
    const struct lock_store *locks, *seats;
    const char *scheme;
    bool is_exclusive; /* nobody else has a lock while somebody holds it */
};

/* Of all seeds that a swarm was played with. */
struct lock_tally {
    uint64_t sold, late, stolen, taken; /* taken: locks, after all was mended */
    uint64_t stale, resold, shared;
};

struct lock_play {
    struct swarm *swarm;
    const struct lock_case *of;
    struct gate gate;
    struct lock_tally tally;
};

/* ---- judging ---- */

static inline bool lock_is_told(const struct gate_entry *entry)
{
    return entry->completed != SIM_NEVER && entry->reply.status == SIM_STATUS_OK;
}

/* Who has the seat by what the entry says, 0 = it does not say. */
static inline uint64_t lock_buyer(const struct gate_entry *entry)
{
    return !lock_is_told(entry)               ? 0
           : entry->operation == SIM_OP_WRITE ? entry->value
                                              : entry->reply.value;
}

/* Whether `entry` is a write that should have been refused, since `before` was answered. */
static inline bool lock_is_stale(const struct gate_entry *entry, const struct gate_entry *before)
{
    return entry->operation == SIM_OP_WRITE && lock_is_told(entry) && lock_is_told(before) &&
           before->completed < entry->invoked && entry->token < before->token;
}

/* Whether they are wrong. */
static inline bool lock_judge_seats(struct lock_play *play)
{
    uint64_t stale = 0, resold = 0;
    for (uint32_t i = 0; i < play->gate.entries->len; i++) {
        const struct gate_entry *entry = gate_at(&play->gate, i);
        for (uint32_t j = 0; j < i; j++) {
            const struct gate_entry *before = gate_at(&play->gate, j);
            if (before->key == entry->key) {
                uint64_t buyer = lock_buyer(entry), other = lock_buyer(before);
                stale += lock_is_stale(entry, before);
                resold += buyer != 0 && other != 0 && buyer != other;
            }
        }
    }
    play->tally.stale += stale;
    play->tally.resold += resold;
    return stale + resold > 0;
}

static inline bool lock_judge_locks(struct lock_play *play)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    limits.cut_steps_max = 0;
    sim_check_judge(&play->swarm->seen, &play->swarm->claim, &limits, &result);
    g_assert_cmpint(result.verdict, !=, SIM_CHECK_UNKNOWN);
    play->tally.shared += result.verdict == SIM_CHECK_NO;
    bool is_wrong = play->of->is_exclusive && result.verdict == SIM_CHECK_NO;
    sim_check_result_clear(&result);
    return is_wrong;
}

/* Nobody waits any more for a lock that he asked for when all had been mended, and each seller had
 * some at the end. */
static inline void lock_judge_waits(struct lock_play *play)
{
    uint64_t had[LOCK_SELLERS] = {0}, waiting = 0;
    const struct sim_history *history = &play->swarm->seen.history;
    g_assert_cmpuint(history->dropped, ==, 0);
    for (uint64_t i = 0; i < history->count; i++) {
        const struct sim_history_entry *entry = &history->entries[i];
        if (entry->function != SIM_HISTORY_ACQUIRE || entry->invoked < s(SWARM_HEALED + 1)) {
            continue;
        }
        uint32_t seller = (entry->process >> SIM_HISTORY_PROCESS_BITS) - swarm_id(0);
        waiting += entry->completed == SIM_NEVER && entry->invoked < s(SWARM_CALM);
        had[seller] += entry->completed != SIM_NEVER && entry->completed > s(SWARM_CALM);
    }
    for (uint32_t i = 0; i < LOCK_SELLERS; i++) {
        waiting += had[i] == 0;
        play->tally.taken += had[i];
    }
    play->swarm->stuck += waiting > 0;
}

/* ---- a run ---- */

static inline void lock_add_store(struct fixture *f, const char *name, const struct lock_store *of)
{
    const char *params = of->params;
    if (of->model == &sim_model_store_chain) {
        g_autofree char *all = g_strdup_printf("%s, master = 'master_of_%s'", params, name);
        params = sim_arena_strdup(&f->arena, all);
    }
    fixture_add_group(f, name, of->model, params, LOCK_MEMBERS, LOCK_MEMBERS);
    fixture_group(f, name)->transport.retransmit = ms(50);
}

static inline void lock_add_master(struct fixture *f, const char *of_name,
                                   const struct lock_store *of)
{
    if (of->model == &sim_model_store_chain) {
        g_autofree char *name = g_strdup_printf("master_of_%s", of_name);
        g_autofree char *params =
            g_strdup_printf("members = '%s', lease = s(1), drift = percent(1)", of_name);
        fixture_add_node(f, sim_arena_strdup(&f->arena, name), &sim_model_store_chain_master,
                         sim_arena_strdup(&f->arena, params));
    }
}

static inline void lock_fault(struct swarm *swarm, enum sim_fault_kind kind, const char *target,
                              sim_time low, sim_time high)
{
    sim_time from = (sim_time)sim_random_below(&swarm->random, (uint64_t)(s(SWARM_HEALED) - high));
    sim_time to = from + low + (sim_time)sim_random_below(&swarm->random, (uint64_t)(high - low));
    fixture_add_fault(&swarm->f, kind, from, to, target);
}

/* Sellers collect garbage: each stands still now and then, for longer than a lease or not. */
static inline void lock_pauses(struct swarm *swarm)
{
    static const char *const sellers[] = {"seller[1]", "seller[2]", "seller[3]"};
    for (uint32_t i = 0; i < LOCK_SELLERS * LOCK_PAUSES; i++) {
        lock_fault(swarm, SIM_FAULT_PAUSE, sellers[i % LOCK_SELLERS], ms(200), s(2));
    }
}

/* A member of the seats is back before anybody who works has noticed. */
static inline void lock_reboots(struct swarm *swarm)
{
    for (uint32_t i = 0; i < LOCK_REBOOTS; i++) {
        lock_fault(swarm, SIM_FAULT_CRASH, "seats[1]", ms(1), ms(50));
    }
}

static inline void lock_build(struct lock_play *play, unsigned kinds)
{
    struct swarm *swarm = play->swarm;
    struct fixture *f = &swarm->f;
    const struct lock_case *of = play->of;
    bool is_one = of->seats->model == &sim_model_store_single;
    fixture_init(f, s(1000));
    f->options.seed = swarm->seed;
    f->options.history = &swarm->seen.history;
    gate_add(f, &play->gate, "gate", swarm_id(LOCK_SELLERS + LOCK_MEMBERS),
             is_one ? 1 : LOCK_MEMBERS);
    g_autofree char *sale = g_strdup_printf("%slock = '%s', scheme = '%s'", swarm->of.params,
                                            of->locks->locks, of->scheme);
    fixture_add_group(f, "seller", &sim_model_client_locking, sim_arena_strdup(&f->arena, sale),
                      LOCK_SELLERS, LOCK_SELLERS);
    fixture_group(f, "seller")->transport.retransmit = ms(50);
    lock_add_store(f, "locks", of->locks);
    lock_add_store(f, "seats", of->seats);
    lock_add_master(f, "locks", of->locks);
    lock_add_master(f, "seats", of->seats);
    swarm_link(f);
    if ((kinds >> SWARM_CLOCK & 1) != 0) {
        swarm_clocks(swarm);
    }
    if ((kinds >> SWARM_PAUSE & 1) != 0) {
        lock_pauses(swarm);
    }
    if ((kinds >> SWARM_CRASH & 1) != 0) {
        lock_reboots(swarm);
    }
    fixture_start(f);
}

static inline void lock_play_seed(struct swarm *swarm, uint64_t seed)
{
    struct lock_play *play = swarm->data;
    unsigned kinds = swarm_begin(swarm, seed);
    swarm->seen = (struct sim_check_input){.has_initial = true, .has_times = true};
    sim_history_init(&swarm->seen.history, SWARM_OPERATIONS);
    lock_build(play, kinds);
    swarm_faults(swarm, kinds);
    fixture_run_until(&swarm->f, s(SWARM_END));
    bool is_wrong = lock_judge_seats(play);
    is_wrong |= lock_judge_locks(play);
    swarm->violations += is_wrong;
    lock_judge_waits(play);
    swarm_reach(swarm, "seller");
    swarm->succeeded += fixture_total(&swarm->f, "seller", "succeeded");
    swarm->failed += fixture_total(&swarm->f, "seller", "failed");
    for (uint32_t i = 0; i < play->gate.entries->len; i++) {
        swarm->unknown += gate_at(&play->gate, i)->completed == SIM_NEVER;
    }
    sim_check_input_clear(&swarm->seen);
    fixture_clear(&swarm->f);
    gate_clear(&play->gate);
}

/* Plays seeds from `first` on; with `stops` until one is not as claimed. */
static inline struct lock_play *lock_play_new(const struct lock_case *of, unsigned faults,
                                              uint64_t first, uint64_t seeds, bool stops)
{
    static const char *const rare[] = {"expired_locks", "refused_late", "taken", "sold", NULL};
    struct lock_play *play = g_new0(struct lock_play, 1);
    struct swarm *swarm = play->swarm = g_new0(struct swarm, 1);
    g_autofree char *what = g_strdup_printf("%s, locks in %s, seats in %s", of->scheme,
                                            of->locks->what, of->seats->what);
    play->of = of;
    swarm->of = (struct swarm_case){what, &sim_model_client_locking, LOCK_SALE, faults, false};
    swarm->play = lock_play_seed;
    swarm->rare = rare;
    swarm->data = play;
    swarm_play_all(swarm, first, seeds, stops);
    g_test_message(
        "    %" G_GUINT64_FORMAT " stale writes, %" G_GUINT64_FORMAT " resold, %" G_GUINT64_FORMAT
        " runs in which two held a lock, %" G_GUINT64_FORMAT " locks taken after all was mended",
        play->tally.stale, play->tally.resold, play->tally.shared, play->tally.taken);
    return play;
}

static inline void lock_play_free(struct lock_play *play)
{
    g_free(play->swarm);
    g_free(play);
}

#endif
