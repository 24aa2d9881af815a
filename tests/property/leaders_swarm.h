/* What the swarm of store.multi_leader plays and judges: updates at random members under random
 * faults (swarm.h), and a naive twin that knows of each update what its member had seen then.
 *
 * When all is healed every member must hold the same, and that must be what the kind promises:
 *
 *     counters         the sum of what was acknowledged, each once
 *     sets, siblings   what was acknowledged, unless an update that had seen it removed or replaced
 * it last writes      the latest by (time of the member's clock, member)
 *
 * An update whose member crashed before it answered may be in it or not.
 */
#ifndef TESTS_PROPERTY_LEADERS_SWARM_H
#define TESTS_PROPERTY_LEADERS_SWARM_H

#define SWARM_CLIENTS 1u /* the one who asks */
#include "store/multi_leader/multi_leader.h"
#include "swarm.h"

#define LEADERS_DURABLE "fsync = exponential(ms(1)), "
#define LEADERS_STORE "service = ms(0), retry = ms(100), anti_entropy = s(1), "
#define LEADERS_TIERS "tier_0 = 2, tier_1 = 1, "
#define LEADERS_OPS_MAX 400u
#define LEADERS_SEEN_MAX 64u

struct leaders_op {
    uint64_t key, value;
    uint16_t operation;
    bool is_told;
    enum sim_status status;
    struct leaders_dot dot; /* last write: as it was written; value 0 = it was not */
    uint64_t seen[LEADERS_SEEN_MAX];
    uint32_t seen_count;
};

struct leaders_play {
    struct swarm *swarm;
    enum leaders_kind kind;
    uint32_t count;
    struct leaders_op ops[LEADERS_OPS_MAX];
    /* Of all seeds. */
    uint64_t acknowledged, unknown, handed, resent, conflicts, dropped, syncs, removed;
};

static inline void leaders_heard(struct sim_node *self, const struct sim_input *in,
                                 struct probe *probe)
{
    (void)self;
    if (in->kind == SIM_IN_OUTCOME) {
        struct leaders_op *op = &((struct leaders_play *)probe->data)->ops[in->tag];
        op->is_told = true;
        op->status = in->outcome->reply.status;
    }
}

static inline const struct leaders_object *leaders_held(struct leaders_play *play, uint32_t member,
                                                        uint64_t key)
{
    return leaders_find(sim_state(sim_world_node(play->swarm->f.world, swarm_id(member))), key);
}

/* ---- updates ---- */

static inline bool leaders_is_counter(enum leaders_kind kind)
{
    return kind == LEADERS_G_COUNTER || kind == LEADERS_PN_COUNTER ||
           kind == LEADERS_HANDOFF_COUNTER;
}

static inline void leaders_choose(struct leaders_play *play, struct leaders_op *op)
{
    struct sim_random *random = &play->swarm->random;
    bool has_removals = play->kind == LEADERS_SIBLINGS || play->kind == LEADERS_OR_SET;
    *op = (struct leaders_op){.key = sim_random_below(random, SWARM_KEYS),
                              .value = play->count + 1,
                              .operation = SIM_OP_WRITE};
    if (leaders_is_counter(play->kind)) {
        /* So large that no two sums are the same. */
        op->value = 1 + sim_random_below(random, UINT64_C(1) << 40);
        op->operation = SIM_OP_INCREMENT;
        bool is_less = play->kind == LEADERS_PN_COUNTER && sim_random_chance(random, 0.4);
        op->value = is_less ? 0 - op->value : op->value;
    } else if (has_removals && sim_random_chance(random, 0.2)) {
        op->operation = SIM_OP_DELETE;
    }
}

/* An update at one member, which takes effect at once. */
static inline void leaders_act(struct leaders_play *play)
{
    struct swarm *swarm = play->swarm;
    uint32_t member = (uint32_t)sim_random_below(&swarm->random, SWARM_REPLICAS);
    if (swarm->is_down[member] || swarm->is_paused[member] || play->count == LEADERS_OPS_MAX) {
        return;
    }
    struct leaders_op *op = &play->ops[play->count];
    leaders_choose(play, op);
    const struct leaders_object *object = leaders_held(play, member, op->key);
    bool is_replacing = play->kind == LEADERS_SIBLINGS || op->operation == SIM_OP_DELETE;
    for (uint32_t i = 0; is_replacing && object != NULL && i < object->dot_count; i++) {
        g_assert_cmpuint(op->seen_count, <, LEADERS_SEEN_MAX);
        op->seen[op->seen_count++] = object->dots[i].value;
    }
    struct sim_request request = {
        .key = op->key, .value = op->value, .deadline = SIM_NEVER, .operation = op->operation};
    sim_send_request(probe_node(&swarm->f, "asker"), swarm_id(member), &request, SIM_NEVER,
                     play->count++);
    fixture_run_until(&swarm->f, sim_world_now(swarm->f.world));
    object = leaders_held(play, member, op->key);
    if (play->kind == LEADERS_LAST_WRITE && object->dots[0].value == op->value) {
        op->dot = object->dots[0];
    }
}

/* ---- judging ---- */

static inline bool leaders_is_acknowledged(const struct leaders_op *op)
{
    return op->is_told && op->status == SIM_STATUS_OK;
}

/* Whether the rest is a sum of some of what may have happened, from the op of that index on. */
static inline bool leaders_is_sum(const struct leaders_play *play, uint64_t key, uint32_t from,
                                  uint64_t rest)
{
    if (rest == 0) {
        return true;
    }
    for (uint32_t i = from; i < play->count; i++) {
        const struct leaders_op *op = &play->ops[i];
        if (op->key == key && !leaders_is_acknowledged(op) &&
            leaders_is_sum(play, key, i + 1, rest - op->value)) {
            return true;
        }
    }
    return false;
}

static inline bool leaders_is_counted(const struct leaders_play *play, uint64_t key, uint64_t value)
{
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < play->count; i++) {
        const struct leaders_op *op = &play->ops[i];
        bool is_in = leaders_is_acknowledged(op);
        value -= is_in && op->key == key ? op->value : 0;
        unknown += is_in || op->key != key ? 0 : 1;
    }
    g_assert_cmpuint(unknown, <, 20);
    return leaders_is_sum(play, key, 0, value);
}

static inline bool leaders_has(const struct leaders_object *object, uint64_t value)
{
    for (uint32_t i = 0; object != NULL && i < object->dot_count; i++) {
        if (object->dots[i].value == value) {
            return true;
        }
    }
    return false;
}

/* Whether an update that had seen the value took it away; `for_sure`: of those acknowledged. */
static inline bool leaders_is_removed(const struct leaders_play *play, const struct leaders_op *of,
                                      bool for_sure)
{
    for (uint32_t i = 0; i < play->count; i++) {
        const struct leaders_op *op = &play->ops[i];
        for (uint32_t j = 0; op->key == of->key && j < op->seen_count; j++) {
            if (op->seen[j] == of->value && (!for_sure || leaders_is_acknowledged(op))) {
                return true;
            }
        }
    }
    return false;
}

static inline bool leaders_is_kept(struct leaders_play *play, uint64_t key,
                                   const struct leaders_object *object)
{
    for (uint32_t i = 0; i < play->count; i++) {
        const struct leaders_op *op = &play->ops[i];
        if (op->key != key || op->operation == SIM_OP_DELETE) {
            continue;
        }
        bool is_there = leaders_has(object, op->value);
        bool is_gone = leaders_is_removed(play, op, true);
        bool may_be_gone = !leaders_is_acknowledged(op) || leaders_is_removed(play, op, false);
        play->removed += is_gone;
        if ((is_gone && is_there) || (!may_be_gone && !is_there)) {
            return false;
        }
    }
    return true;
}

static inline bool leaders_is_latest(const struct leaders_play *play, uint64_t key,
                                     const struct leaders_object *object)
{
    for (uint32_t i = 0; i < play->count; i++) {
        const struct leaders_dot *dot = &play->ops[i].dot;
        if (play->ops[i].key == key && dot->value != 0 && leaders_is_acknowledged(&play->ops[i]) &&
            dot->update > object->dots[0].update) {
            return false;
        }
    }
    return true;
}

static inline void leaders_judge(struct leaders_play *play)
{
    for (uint64_t key = 0; key < SWARM_KEYS; key++) {
        const struct leaders_object *first = leaders_held(play, 0, key);
        if (first == NULL) {
            continue;
        }
        uint64_t value = 0, its = 0;
        leaders_value(play->kind, first, &value);
        for (uint32_t i = 1; i < SWARM_REPLICAS; i++) {
            const struct leaders_object *other = leaders_held(play, i, key);
            bool is_same = other != NULL && other->dot_count == first->dot_count &&
                           (leaders_value(play->kind, other, &its), its == value) &&
                           leaders_version(play->kind, other) == leaders_version(play->kind, first);
            play->swarm->diverged += is_same ? 0 : 1;
        }
        bool is_right = leaders_is_counter(play->kind)     ? leaders_is_counted(play, key, value)
                        : play->kind == LEADERS_LAST_WRITE ? leaders_is_latest(play, key, first)
                                                           : leaders_is_kept(play, key, first);
        play->swarm->violations += is_right ? 0 : 1;
    }
    for (uint32_t i = 0; i < play->count; i++) {
        play->acknowledged += leaders_is_acknowledged(&play->ops[i]);
        play->unknown += !leaders_is_acknowledged(&play->ops[i]);
        play->swarm->stuck += !play->ops[i].is_told;
    }
}

/* ---- a run ---- */

static inline void leaders_build(struct leaders_play *play, struct probe *asker, bool has_clocks)
{
    struct swarm *swarm = play->swarm;
    struct fixture *f = &swarm->f;
    const char *error = NULL;
    fixture_init(f, s(1000));
    f->options.seed = swarm->seed;
    probe_add(f, asker, "asker", 1);
    fixture_add_group(f, "replica", swarm->of.model, swarm->of.params, SWARM_REPLICAS,
                      SWARM_REPLICAS);
    uint32_t zone = fixture_add_zone(f, "of the members");
    for (uint32_t i = 0; i < SWARM_REPLICAS; i++) {
        struct sim_machine_spec *machine = fixture_machine(f, swarm_id(i));
        machine->zone = zone;
        machine->clock_offset =
            has_clocks ? (sim_time)sim_random_below(&swarm->random, 2000000000) : 0;
        machine->clock_drift = has_clocks ? (sim_random_unit(&swarm->random) - 0.5) * 0.02 : 0;
        swarm->happened[SWARM_CLOCK] += has_clocks;
    }
    struct sim_link_law *link = fixture_link(f, zone, zone);
    const struct sim_dist *law = sim_dist_lognormal_median(&f->arena, 0.005, 0.99, 0.2, &error);
    link->latency = sim_dist_truncated(&f->arena, law, 0, 0.5, &error);
    g_assert_null(error);
    link->loss = 0.02;
    fixture_group(f, "replica")->transport.retransmit = ms(500);
    fixture_start(f);
}

static inline void leaders_play_seed(struct leaders_play *play, uint64_t seed)
{
    struct swarm *swarm = play->swarm;
    struct probe asker = {.on = leaders_heard, .data = play, .forgets = true};
    unsigned kinds = swarm_begin(swarm, seed);
    play->count = 0;
    leaders_build(play, &asker, (kinds >> SWARM_CLOCK & 1) != 0);
    fixture_run_until(&swarm->f, 0);
    while (sim_world_now(swarm->f.world) < s(SWARM_HEALED)) {
        sim_time step = (sim_time)sim_random_below(&swarm->random, 80000000);
        fixture_run_until(&swarm->f, sim_world_now(swarm->f.world) + step);
        leaders_act(play);
        if (sim_random_chance(&swarm->random, 0.2)) {
            swarm_step(swarm, kinds);
        }
    }
    swarm_heal(swarm);
    fixture_run_until(&swarm->f, s(SWARM_END));
    leaders_judge(play);
    play->handed += fixture_total(&swarm->f, "replica", "handed");
    play->resent += fixture_total(&swarm->f, "replica", "resent");
    play->conflicts += fixture_total(&swarm->f, "replica", "conflicts");
    play->dropped += fixture_total(&swarm->f, "replica", "dropped");
    play->syncs += fixture_total(&swarm->f, "replica", "syncs");
    fixture_clear(&swarm->f);
    probe_clear(&asker);
}

/* Plays seeds from `first` on; with `stops` until one is wrong. BRINK_SWARM_SEED in the environment
 * plays that one alone. */
static inline struct leaders_play *leaders_play_new(enum leaders_kind kind, const char *params,
                                                    unsigned faults, uint64_t first, uint64_t seeds,
                                                    bool stops)
{
    static const char *const names[] = {"last_write_wins", "siblings", "g_counter", "pn_counter",
                                        "handoff_counter", "g_set",    "or_set"};
    struct leaders_play *play = g_new0(struct leaders_play, 1);
    struct swarm *swarm = play->swarm = g_new0(struct swarm, 1);
    g_autofree char *all = g_strdup_printf("%skind = '%s'", params, names[kind]);
    play->kind = kind;
    swarm->of = (struct swarm_case){names[kind], &sim_model_store_multi_leader, all, faults, false};
    const char *alone = g_getenv("BRINK_SWARM_SEED");
    if (alone != NULL) {
        first = g_ascii_strtoull(alone, NULL, 10);
        seeds = 1;
    }
    uint64_t wrong = 0;
    for (uint64_t seed = first; seed < first + seeds && (!stops || wrong == 0); seed++) {
        leaders_play_seed(play, seed);
        uint64_t now = swarm->violations + swarm->diverged + swarm->stuck;
        if (now > wrong) {
            g_test_message("%s: seed %" G_GUINT64_FORMAT
                           " is wrong; again: BRINK_SWARM_SEED=%" G_GUINT64_FORMAT " %s -p %s",
                           all, seed, seed, g_get_prgname(), g_test_get_path());
        }
        wrong = now;
    }
    g_test_message(
        "%s: %" G_GUINT64_FORMAT " wrong, %" G_GUINT64_FORMAT " diverged, %" G_GUINT64_FORMAT
        " stuck; updates %" G_GUINT64_FORMAT " acknowledged, %" G_GUINT64_FORMAT
        " unknown, %" G_GUINT64_FORMAT " removed; handed %" G_GUINT64_FORMAT
        ", resent %" G_GUINT64_FORMAT ", conflicts %" G_GUINT64_FORMAT
        ", dropped %" G_GUINT64_FORMAT ", syncs %" G_GUINT64_FORMAT "; crashes %" G_GUINT64_FORMAT
        ", pauses %" G_GUINT64_FORMAT ", cuts %" G_GUINT64_FORMAT ", partitions %" G_GUINT64_FORMAT
        ", clocks %" G_GUINT64_FORMAT,
        all, swarm->violations, swarm->diverged, swarm->stuck, play->acknowledged, play->unknown,
        play->removed, play->handed, play->resent, play->conflicts, play->dropped, play->syncs,
        swarm->happened[SWARM_CRASH], swarm->happened[SWARM_PAUSE], swarm->happened[SWARM_CUT],
        swarm->happened[SWARM_PARTITION], swarm->happened[SWARM_CLOCK]);
    return play;
}

static inline uint64_t leaders_wrong(const struct leaders_play *play)
{
    return play->swarm->violations + play->swarm->diverged + play->swarm->stuck;
}

static inline void leaders_play_free(struct leaders_play *play)
{
    g_free(play->swarm);
    g_free(play);
}

#endif
