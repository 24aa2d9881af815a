/* One write, then reads that start some time after it has committed: the experiment of Bailis and
 * others, "Probabilistically bounded staleness for practical partial quorums", PVLDB 5(8), 2012,
 * played through store.quorum over real links.
 *
 * Whoever asks has two libraries (store.quorum_client) that coordinate, one that writes and one
 * that reads, in zones of their own: so the four one-way delays of the paper (W to write, A to
 * acknowledge, R to read, S to respond) are the laws of four links. In the wide area each replica
 * has a writer and a reader near it, everybody else is 75 ms farther away each way, and each
 * operation draws which one it goes through.
 */
#ifndef TESTS_THEORY_PBS_H
#define TESTS_THEORY_PBS_H

#include <math.h>

#include "fixture.h"
#include "models.h"

#define PBS_TIMES_MAX 8
#define PBS_REPLICAS_MAX 5
#define PBS_VERSIONS_MAX 3

struct pbs_law {
    double pareto, x_min, alpha, rate; /* ms, 1/ms; the rest is exponential */
};

struct pbs_model {
    const char *name;
    struct pbs_law write, other; /* W; A, R and S */
    double far;                  /* ms more, each way, to all replicas but one; 0 = in one place */
};

static const struct pbs_model pbs_models[] = {
    {"LNKD-SSD", {0.9122, 0.235, 10, 1.66}, {0.9122, 0.235, 10, 1.66}, 0},
    {"LNKD-DISK", {0.38, 1.05, 1.51, 0.183}, {0.9122, 0.235, 10, 1.66}, 0},
    {"YMMR", {0.939, 3, 3.5, 0.0028}, {0.982, 1.5, 3.8, 0.0217}, 0},
    {"WAN", {0.38, 1.05, 1.51, 0.183}, {0.9122, 0.235, 10, 1.66}, 75},
};

struct pbs_study {
    const struct pbs_model *model;
    uint32_t n, r, w;
    uint32_t trials;
    uint32_t versions; /* written one after the other, by a writer each, before the reads; 0 = 1 */
    uint32_t time_count;
    double times[PBS_TIMES_MAX]; /* ms after the commit */
    uint64_t seed;
    /* What came of it. */
    uint32_t fresh[PBS_TIMES_MAX];     /* reads that saw the latest write, of `trials` */
    uint32_t within[PBS_VERSIONS_MAX]; /* of the first time, that saw one of the latest 1, 2, ... */
    double *writes, *reads;            /* latencies, ms, sorted; reads of the first time */
};

/* ---- who asks ---- */

struct pbs_params {
    struct pbs_study *study;
    sim_node_id writers, readers; /* the first of each */
    uint32_t places;              /* how many of each */
};

struct pbs_state {
    uint32_t trial;
    uint32_t written; /* versions of this trial */
    uint32_t open;
};

enum pbs_timer { PBS_READ };
static const char *const pbs_timers[] = {"read", NULL};
enum pbs_draw { PBS_PLACE };
static const char *const pbs_draws[] = {"place", NULL};
#define PBS_WRITE UINT64_MAX /* tag */

/* The latest value of a trial. */
static inline uint64_t pbs_value(const struct pbs_study *study, const struct pbs_state *state)
{
    return (uint64_t)state->trial * study->versions + state->written;
}

static inline void pbs_ask(struct sim_node *self, sim_node_id first, enum sim_operation operation,
                           uint64_t tag)
{
    const struct pbs_params *params = sim_params(self);
    const struct pbs_state *state = sim_state(self);
    uint32_t place = 0;
    if (params->study->versions > 1) {
        place = operation == SIM_OP_WRITE ? state->written - 1 : 0;
    } else if (params->places > 1) {
        place = (uint32_t)sim_random_below(sim_random_of(self, PBS_PLACE), params->places);
    }
    struct sim_request request = {.key = 1,
                                  .value = pbs_value(params->study, state),
                                  .operation = (uint16_t)operation,
                                  .deadline = SIM_NEVER};
    sim_send_request(self, first + place, &request, SIM_NEVER, tag);
}

static inline void pbs_begin(struct sim_node *self)
{
    const struct pbs_params *params = sim_params(self);
    struct pbs_state *state = sim_state(self);
    if (state->trial < params->study->trials) {
        state->written++;
        pbs_ask(self, params->writers, SIM_OP_WRITE, PBS_WRITE);
    }
}

static inline void pbs_outcome(struct sim_node *self, const struct sim_input *in)
{
    const struct pbs_params *params = sim_params(self);
    struct pbs_state *state = sim_state(self);
    struct pbs_study *study = params->study;
    double latency = (double)(sim_now(self) - in->outcome->called) / 1e6;
    g_assert_cmpint(in->outcome->reply.status, <=, SIM_STATUS_NOT_FOUND);
    if (in->tag == PBS_WRITE && state->written < study->versions) {
        pbs_begin(self);
        return;
    }
    if (in->tag == PBS_WRITE) {
        study->writes[state->trial] = latency;
        state->open = study->time_count;
        for (uint32_t i = 0; i < study->time_count; i++) {
            sim_after(self, ms(study->times[i]), PBS_READ, i);
        }
        return;
    }
    uint64_t behind = pbs_value(study, state) - in->outcome->reply.value;
    study->fresh[in->tag] += behind == 0;
    for (uint64_t k = behind; in->tag == 0 && k < study->versions; k++) {
        study->within[k]++;
    }
    if (in->tag == 0) {
        study->reads[state->trial] = latency;
    }
    if (--state->open == 0) {
        state->trial++;
        state->written = 0;
        pbs_begin(self);
    }
}

static inline void pbs_handle(struct sim_node *self, const struct sim_input *in)
{
    const struct pbs_params *params = sim_params(self);
    if (in->kind == SIM_IN_START) {
        pbs_begin(self);
    } else if (in->kind == SIM_IN_TIMER) {
        pbs_ask(self, params->readers, SIM_OP_READ, in->tag);
    } else if (in->kind == SIM_IN_OUTCOME) {
        pbs_outcome(self, in);
    }
}

static const struct sim_model pbs_asker = {
    .abi = SIM_MODEL_ABI,
    .name = "pbs",
    .summary = "writes, and reads some time after that was committed",
    .params_size = sizeof(struct pbs_params),
    .state_size = sizeof(struct pbs_state),
    .handle = pbs_handle,
    .timers = pbs_timers,
    .draws = pbs_draws,
};

/* ---- the world ---- */

static inline const struct sim_dist *pbs_dist(struct sim_arena *arena, const struct pbs_law *law,
                                              double more)
{
    const char *error = NULL;
    const double weights[] = {law->pareto, 1 - law->pareto};
    const struct sim_dist *parts[] = {sim_dist_pareto(arena, law->x_min / 1e3, law->alpha, &error),
                                      sim_dist_exponential(arena, 1 / law->rate / 1e3, &error)};
    const struct sim_dist *sum = sim_dist_mixture(arena, weights, parts, 2, &error);
    g_assert_null(error);
    return more > 0 ? sim_dist_shifted(arena, sum, more / 1e3) : sum;
}

/* A library and its links to and from the replica zones; `near` is that of the near replica. Of
 * several writers in one place each is 10,000 times as fast as the one before. */
static inline void pbs_link(struct fixture *f, const struct pbs_model *model, uint32_t zone,
                            uint32_t near, uint32_t replicas, bool is_writer)
{
    struct pbs_law write = model->write;
    for (uint32_t i = 0; model->far == 0 && i < near; i++) {
        write.rate *= 1e4;
    }
    const struct pbs_law *there = is_writer ? &write : &model->other;
    for (uint32_t i = 0; i < replicas; i++) {
        double more = model->far > 0 && i != near ? model->far : 0;
        fixture_link(f, zone, 1 + i)->latency = pbs_dist(&f->arena, there, more);
        fixture_link(f, 1 + i, zone)->latency = pbs_dist(&f->arena, &model->other, more);
    }
}

static inline int pbs_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Zone 0 is the asker's, zones 1 .. zones those of the replicas, then the writers', the readers'.
 */
static inline void pbs_play(struct pbs_study *study)
{
    static const char *const names[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    const struct pbs_model *model = study->model;
    study->versions = MAX(study->versions, 1);
    uint32_t places = model->far > 0 ? study->n : study->versions;
    uint32_t zones = model->far > 0 ? study->n : 1;
    struct fixture f;
    fixture_init(&f, s(8e9));
    f.options.seed = study->seed;
    fixture_add_node(&f, "asker", &pbs_asker, NULL);
    g_autofree char *text = g_strdup_printf(
        "to = 'replica', read_quorum = %u, write_quorum = %u, read_repair = percent(0), timeout = "
        "s(1e8), probe = none",
        study->r, study->w);
    fixture_add_group(&f, "replica", &sim_model_store_quorum,
                      "service = ms(0), hinted_handoff = false", study->n, study->n);
    fixture_add_group(&f, "writer", &sim_model_store_quorum_client, text, places, places);
    fixture_add_group(&f, "reader", &sim_model_store_quorum_client, text, places, places);
    for (uint32_t i = 0; i < zones + 2 * places; i++) {
        fixture_add_zone(&f, names[i]);
    }
    for (uint32_t i = 0; i < study->n; i++) {
        fixture_machine(&f, 2 + i)->zone = 1 + (model->far > 0 ? i : 0);
    }
    for (uint32_t i = 0; i < places; i++) {
        fixture_machine(&f, 2 + study->n + i)->zone = 1 + zones + i;
        fixture_machine(&f, 2 + study->n + places + i)->zone = 1 + zones + places + i;
        pbs_link(&f, model, 1 + zones + i, i, zones, true);
        pbs_link(&f, model, 1 + zones + places + i, i, zones, false);
    }
    struct pbs_params params = {study, 2 + study->n, 2 + study->n + places, places};
    fixture_set_params(&f, "asker", &params);
    study->writes = g_new(double, study->trials);
    study->reads = g_new(double, study->trials);
    fixture_start(&f);
    fixture_run_until(&f, s(8e9));
    g_assert_cmpuint(((const struct pbs_state *)sim_state(sim_world_node(f.world, 1)))->trial, ==,
                     study->trials);
    fixture_clear(&f);
    qsort(study->writes, study->trials, sizeof *study->writes, pbs_compare);
    qsort(study->reads, study->trials, sizeof *study->reads, pbs_compare);
}

static inline void pbs_clear(struct pbs_study *study)
{
    g_free(study->writes);
    g_free(study->reads);
}

/* ---- figures with their 99 % intervals ---- */

#define PBS_Z 2.576

struct pbs_figure {
    double value, low, high;
};

/* The interval of a quantile by order statistics. */
static inline struct pbs_figure pbs_quantile(const double *sorted, uint32_t count, double p)
{
    double half = PBS_Z * sqrt(count * p * (1 - p));
    double at[] = {count * p, count * p - half, count * p + half};
    double value[3];
    for (int i = 0; i < 3; i++) {
        value[i] = sorted[(uint32_t)CLAMP(at[i], 0, count - 1.0)];
    }
    return (struct pbs_figure){value[0], value[1], value[2]};
}

static inline struct pbs_figure pbs_share(uint32_t part, uint32_t all)
{
    double p = (double)part / all;
    double half = PBS_Z * sqrt(MAX(p * (1 - p), 1.0 / all) / all);
    return (struct pbs_figure){p, p - half, p + half};
}

/* Fails beyond the tolerance, or beyond the interval where that is more. */
static inline void pbs_check(const struct pbs_study *study, const char *what,
                             const struct pbs_figure *found, double reference, double tolerance)
{
    double half = MAX(found->value - found->low, found->high - found->value);
    g_test_message("%s N=%u R=%u W=%u %s: %.5f (%.5f .. %.5f), reference %.5f, %+.5f, tolerance "
                   "%.5f%s",
                   study->model->name, study->n, study->r, study->w, what, found->value, found->low,
                   found->high, reference, found->value - reference, tolerance,
                   half > tolerance ? ", interval wider" : "");
    g_assert_cmpfloat(fabs(found->value - reference), <=, MAX(tolerance, half));
}

#endif
