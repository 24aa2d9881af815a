/* Updates that spread through store.gossip in synchronous cycles: how far, how soon, at what cost.
 */
#ifndef TESTS_THEORY_GOSSIP_H
#define TESTS_THEORY_GOSSIP_H

#include <math.h>

#include "fixture.h"
#include "models.h"
#include "probe.h"
#include "store/gossip/gossip.h"

#define GOSSIP_KEYS_MAX 40u

struct gossip_mean {
    double sum, squares;
    uint32_t count;
};

static inline void gossip_add(struct gossip_mean *mean, double value)
{
    mean->sum += value;
    mean->squares += value * value;
    mean->count++;
}

static inline double gossip_value(const struct gossip_mean *mean)
{
    return mean->sum / mean->count;
}

/* Half of a 99 % interval by Student's quantile, rounded up, for 12 worlds and more. */
static inline double gossip_half(const struct gossip_mean *mean)
{
    double value = gossip_value(mean);
    double variance = mean->squares / mean->count - value * value;
    return (mean->count < 30 ? 3.11 : 2.76) * sqrt(MAX(variance, 0) / (mean->count - 1));
}

struct gossip_study {
    const char *params;
    uint32_t members;
    uint32_t keys;   /* updates that spread at once */
    uint32_t cycles; /* after which nothing moves any more */
    /* One value a world: of one world the updates share whom members contact. */
    struct gossip_mean residue, traffic, last;
};

/* One world: each update is taken by a member at random before the first cycle. */
static inline void gossip_play(struct gossip_study *study, uint64_t seed)
{
    struct fixture f;
    struct probe writer = {.forgets = true};
    struct sim_random random;
    uint32_t known[GOSSIP_KEYS_MAX] = {0};
    sim_time last[GOSSIP_KEYS_MAX] = {0};
    sim_random_init(&random, seed, "gossip", "writers");
    fixture_init(&f, s(10000));
    f.options.seed = seed;
    probe_add(&f, &writer, "writer", 1);
    g_autofree char *params =
        g_strdup_printf("synchronous = true, service = us(1), %s", study->params);
    fixture_add_group(&f, "member", &sim_model_store_gossip, params, study->members,
                      study->members);
    fixture_link_latency(&f, ms(10));
    fixture_start(&f);
    fixture_run_until(&f, ms(500));
    for (uint64_t key = 0; key < study->keys; key++) {
        struct sim_request request = {
            .key = key, .value = key + 1, .operation = SIM_OP_WRITE, .deadline = SIM_NEVER};
        sim_send_request(probe_node(&f, "writer"),
                         2 + (sim_node_id)sim_random_below(&random, study->members), &request,
                         SIM_NEVER, 0);
    }
    fixture_run_until(&f, s(study->cycles));
    for (uint32_t i = 0; i < study->members; i++) {
        const struct gossip_state *state = sim_state(sim_world_node(f.world, 2 + i));
        for (uint32_t k = 0; k < state->cells.count; k++) {
            uint64_t key = cells_at(&state->cells, k)->key;
            known[key]++;
            last[key] = MAX(last[key], state->rumors[k].heard / SIM_SECOND);
        }
    }
    double residue = 0, latest = 0;
    for (uint32_t key = 0; key < study->keys; key++) {
        residue += 1 - (double)known[key] / study->members;
        latest += (double)last[key];
    }
    gossip_add(&study->residue, residue / study->keys);
    gossip_add(&study->last, latest / study->keys);
    gossip_add(&study->traffic,
               (double)fixture_total(&f, "member", "updates.sent") / study->members / study->keys);
    fixture_clear(&f);
    probe_clear(&writer);
}

/* Fails beyond the tolerance, or beyond the interval where that is more. */
static inline void gossip_check(const char *who, const char *what, const struct gossip_mean *mean,
                                double reference, double tolerance)
{
    double value = gossip_value(mean);
    double half = gossip_half(mean);
    g_test_message("%s, %s: %.6f +- %.6f, reference %.6f, %+.2f %%%s", who, what, value, half,
                   reference, 100 * (value / reference - 1),
                   half > tolerance * reference ? ", interval wider" : "");
    g_assert_cmpfloat(fabs(value - reference), <=, MAX(tolerance * reference, half));
}

#endif
