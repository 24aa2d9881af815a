/* Backoff and jitter against the figures of Brooker, "Exponential backoff and jitter" (2015): n
 * clients write one row under optimistic concurrency control, all at once. Pauses come from the
 * retry policies that scenarios use, everything else from the small models below.
 *
 * A client reads the row, and writes it if it still has the version that was read; who fails reads
 * again after a pause. Each way takes |Normal(10 ms, 2 ms)|.
 */
#include <math.h>

#include "fixture.h"
#include "table.h"
#include "world/retry.h"

/* ---- the row ---- */

struct row_state {
    uint64_t version;
};

static void row_handle(struct sim_node *self, const struct sim_input *in)
{
    struct row_state *row = sim_state(self);
    if (in->kind != SIM_IN_REQUEST) {
        return;
    }
    struct sim_reply reply = {.status = SIM_STATUS_OK, .version = row->version};
    if (in->request->operation == SIM_OP_COMPARE_AND_SET) {
        if (in->request->expected == row->version) {
            row->version++;
        } else {
            reply.status = SIM_STATUS_CONFLICT;
        }
    }
    sim_answer(self, in->ticket, &reply);
}

static const struct sim_model row_model = {
    .abi = SIM_MODEL_ABI,
    .name = "row",
    .summary = "one versioned row",
    .state_size = sizeof(struct row_state),
    .handle = row_handle,
};

/* ---- its writers ---- */

struct writer_params {
    struct sim_target to;
    struct sim_shape retry;
};

struct writer_state {
    struct sim_retry retry;
    sim_time pause;
    uint32_t writes;
    bool has_read;
    sim_time done_at; /* 0 = not yet */
};

static const struct sim_param writer_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct writer_params, to), NULL, SIM_UNBOUNDED, "the row",
     NULL, NULL},
    {"retry", SIM_PARAM_SHAPE, offsetof(struct writer_params, retry), "none", SIM_UNBOUNDED,
     "pauses", &sim_retry_family, NULL},
    {0},
};

enum { TIMER_READ };
static const char *const writer_timers[] = {"read", NULL};
enum { DRAW_RETRY };
static const char *const writer_draws[] = {"retry", NULL};

static void ask(struct sim_node *self, enum sim_operation operation, uint64_t expected)
{
    const struct writer_params *params = sim_params(self);
    struct sim_request request = {
        .operation = (uint16_t)operation, .expected = expected, .deadline = SIM_NEVER};
    sim_send_request(self, params->to.ids[0], &request, SIM_NEVER, 0);
}

static void on_reply(struct sim_node *self, const struct sim_reply *reply)
{
    struct writer_state *writer = sim_state(self);
    if (!writer->has_read) {
        writer->has_read = true;
        writer->writes++;
        ask(self, SIM_OP_COMPARE_AND_SET, reply->version);
        return;
    }
    if (reply->status == SIM_STATUS_OK) {
        writer->done_at = sim_now(self);
        return;
    }
    sim_time pause;
    bool may = sim_retry_next(&writer->retry, writer->writes, SIM_STATUS_ERROR, &writer->pause,
                              sim_random_of(self, DRAW_RETRY), &pause);
    g_assert_true(may);
    sim_after(self, pause, TIMER_READ, 0);
}

static void writer_handle(struct sim_node *self, const struct sim_input *in)
{
    const struct writer_params *params = sim_params(self);
    struct writer_state *writer = sim_state(self);
    if (in->kind == SIM_IN_START) {
        sim_retry_init(&writer->retry, &params->retry);
        ask(self, SIM_OP_READ, 0);
    } else if (in->kind == SIM_IN_TIMER) {
        writer->has_read = false;
        ask(self, SIM_OP_READ, 0);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_reply(self, &in->outcome->reply);
    }
}

static const struct sim_model writer_model = {
    .abi = SIM_MODEL_ABI,
    .name = "writer",
    .summary = "reads a row and writes it",
    .params_size = sizeof(struct writer_params),
    .params = writer_params,
    .state_size = sizeof(struct writer_state),
    .handle = writer_handle,
    .timers = writer_timers,
    .draws = writer_draws,
};

/* ---- trials ---- */

/* The k-th pause of the paper is bounded by 5 ms x 2^k, that of a policy by backoff x 2^(k - 1). */
static const char *policy_of(const char *algorithm)
{
    static const struct {
        const char *algorithm, *policy;
    } policies[] = {
        {"None", "to = 'row', retry = retry { max = 1e6 }"},
        {"Exponential", "to = 'row', retry = retry { max = 1e6, backoff = ms(10), cap = s(2), "
                        "jitter = 'none' }"},
        {"FullJitter", "to = 'row', retry = retry { max = 1e6, backoff = ms(10), cap = s(2), "
                       "jitter = 'full' }"},
        {"EqualJitter", "to = 'row', retry = retry { max = 1e6, backoff = ms(10), cap = s(2), "
                        "jitter = 'equal' }"},
        {"Decorr", "to = 'row', retry = retry { max = 1e6, backoff = ms(5), cap = s(2), "
                   "jitter = 'decorrelated' }"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        if (strcmp(policies[i].algorithm, algorithm) == 0) {
            return policies[i].policy;
        }
    }
    g_error("no algorithm %s", algorithm);
}

struct trial {
    double calls, last_ms;
};

static struct trial play(const char *algorithm, uint32_t clients, uint64_t seed)
{
    struct fixture f;
    const char *error = NULL;
    struct trial trial = {0};
    fixture_init(&f, s(1000));
    f.options.seed = seed;
    fixture_add_group(&f, "writer", &writer_model, policy_of(algorithm), clients, clients);
    fixture_add_node(&f, "row", &row_model, NULL);
    fixture_link(&f, 0, 0)->latency = sim_dist_folded_normal(&f.arena, 0.010, 0.002, &error);
    fixture_start(&f);
    fixture_run_until(&f, s(1000));
    for (uint32_t id = 1; id <= clients; id++) {
        const struct writer_state *writer = sim_state(sim_world_node(f.world, id));
        g_assert_cmpint(writer->done_at, >, 0);
        trial.calls += writer->writes;
        trial.last_ms = MAX(trial.last_ms, (double)writer->done_at / 1e6);
    }
    fixture_clear(&f);
    return trial;
}

struct mean {
    double sum, squares;
};

static void mean_add(struct mean *mean, double value)
{
    mean->sum += value;
    mean->squares += value * value;
}

/* Fails beyond the tolerance, or beyond three standard errors of both where that is more. */
static void check(const char *what, const struct mean *mean, double trials, double reference,
                  double reference_se, double tolerance)
{
    double value = mean->sum / trials;
    double variance = mean->squares / trials - value * value;
    double se = sqrt(variance / trials + reference_se * reference_se);
    g_test_message("%s: %.2f, reference %.2f, %+.2f %%, standard error %.2f %%", what, value,
                   reference, 100 * (value / reference - 1), 100 * se / reference);
    g_assert_cmpfloat(fabs(value - reference), <=, MAX(tolerance * reference, 3 * se));
}

static void test_published(void)
{
    struct table table;
    if (!table_read(&table, "backoff_occ_reference.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        const char *algorithm = table_text(&table, row, "algorithm");
        uint32_t clients = (uint32_t)table_number(&table, row, "clients");
        uint32_t trials = 3 * (uint32_t)table_number(&table, row, "trials");
        struct mean calls = {0}, last = {0};
        for (uint32_t seed = 1; seed <= trials; seed++) {
            struct trial trial = play(algorithm, clients, seed);
            mean_add(&calls, trial.calls);
            mean_add(&last, trial.last_ms);
        }
        bool is_exponential = strcmp(algorithm, "Exponential") == 0;
        g_autofree char *name = g_strdup_printf("%s, %u clients", algorithm, clients);
        check(name, &calls, trials, table_number(&table, row, "mean_write_calls"),
              table_number(&table, row, "se_calls"), is_exponential ? 0.03 : 0.02);
        check(name, &last, trials, table_number(&table, row, "mean_last_completion_ms"),
              table_number(&table, row, "se_ms"), 0.05);
    }
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backoff/published", test_published);
    return g_test_run();
}
