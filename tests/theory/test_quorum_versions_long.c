/* k-staleness through store.quorum and a network: all rows of reference/published/closed_forms.csv.
 *
 * K_MAX versions are written one after the other, then one read asks how many it is behind. With
 * quorums that do not grow (Bailis and others, "Probabilistically bounded staleness for practical
 * partial quorums", PVLDB 5(8), 2012, section 3.1) each version is at W replicas, any W, and the
 * read hears R of them, any R: it is within k versions with probability 1 - (C(N-W,R) /
 * C(N,R))^k.
 *
 * A quorum does not grow because of power failures. Each replica takes an exponential time for what
 * it is asked, so that those which answer first are any of them. At the moment at which a version
 * is committed the power of all replicas fails: what W of them have on disk stays, and what the
 * others had not finished is gone. (test_quorum_pbs.c lets no power fail: there each version needs
 * delays far below those of the one before, for which there is room three times.)
 */
#include <math.h>

#include "fixture.h"
#include "models.h"
#include "table.h"

#define K_MAX 10
#define TRIALS 15000
#define TRIALS_OF_MANY 2000 /* where there are many replicas */
#define TIMEOUT 1e5 /* of the coordinator, s: power failures leave operations open till then */
#define TRIALS_A_WORLD 100 /* so that the logs that are read at each restart stay short */

/* ---- who asks ---- */

struct asker_state {
    uint32_t trial, written;
    bool has_committed; /* the power is to fail now */
    bool is_read;
    uint64_t read;
};

enum asker_timer { ASKER_NEXT };
static const char *const asker_timers[] = {"next", NULL};

/* The latest value of a trial; those of trials before, and 0 for nothing, are K_MAX versions behind
 * at least. */
static uint64_t latest(const struct asker_state *state)
{
    return (uint64_t)(state->trial + 1) * K_MAX + state->written;
}

static void ask(struct sim_node *self)
{
    struct asker_state *state = sim_state(self);
    if (state->trial == TRIALS_A_WORLD) {
        return;
    }
    bool is_write = state->written < K_MAX;
    state->written += is_write;
    struct sim_request request = {.key = 1,
                                  .value = latest(state),
                                  .operation = is_write ? SIM_OP_WRITE : SIM_OP_READ,
                                  .deadline = SIM_NEVER};
    sim_send_request(self, 2, &request, SIM_NEVER, request.operation);
}

static void asker_handle(struct sim_node *self, const struct sim_input *in)
{
    struct asker_state *state = sim_state(self);
    if (in->kind == SIM_IN_OUTCOME) {
        g_assert_cmpint(in->outcome->reply.status, <=, SIM_STATUS_NOT_FOUND);
        state->has_committed = in->tag == SIM_OP_WRITE;
        state->is_read = !state->has_committed;
        state->read = in->outcome->reply.value;
        sim_after(self, us(10), ASKER_NEXT, 0);
    } else if (in->kind == SIM_IN_TIMER || in->kind == SIM_IN_START) {
        ask(self);
    }
}

static const struct sim_model asker = {
    .abi = SIM_MODEL_ABI,
    .name = "asker",
    .summary = "writes versions, then reads",
    .state_size = sizeof(struct asker_state),
    .handle = asker_handle,
    .timers = asker_timers,
};

/* ---- the world ---- */

struct setting {
    uint32_t n, r, w, trials;
    uint32_t behind[K_MAX + 1]; /* trials whose read was so many versions behind; the last: more */
    uint64_t answers, stale;    /* to reads, and those older than the newest of the R */
};

static bool has_answer(struct sim_world *world, void *data)
{
    (void)data;
    const struct asker_state *state = sim_state(sim_world_node(world, 1));
    return state->has_committed || state->is_read;
}

static void fail_power(struct fixture *f, const struct setting *setting)
{
    for (uint32_t i = 0; i < setting->n; i++) {
        sim_world_crash(f->world, 3 + i, false);
    }
    for (uint32_t i = 0; i < setting->n; i++) {
        sim_world_restart(f->world, 3 + i);
    }
}

static void play_world(struct setting *setting, uint64_t seed)
{
    struct fixture f;
    fixture_init(&f, s(8e9));
    f.options.seed = seed;
    fixture_add_node(&f, "asker", &asker, NULL);
    g_autofree char *client = g_strdup_printf(
        "to = 'replica', read_quorum = %u, write_quorum = %u, read_repair = percent(0), timeout = "
        "s(%g), probe = none, replicas = %u",
        setting->r, setting->w, TIMEOUT, setting->n);
    g_autofree char *replica = g_strdup_printf(
        "service = exponential(s(1000)), servers = 1000000, hinted_handoff = false, fsync = ms(0), "
        "replicas = %u",
        setting->n);
    fixture_add_node(&f, "client", &sim_model_store_quorum_client, client);
    fixture_add_group(&f, "replica", &sim_model_store_quorum, replica, setting->n, setting->n);
    fixture_link_latency(&f, us(1));
    fixture_start(&f);
    struct asker_state *state = sim_state(sim_world_node(f.world, 1));
    while (state->trial < TRIALS_A_WORLD) {
        g_assert_true(sim_world_run_while_not(f.world, has_answer, NULL, s(8e9)));
        fail_power(&f, setting);
        if (state->is_read) {
            uint64_t behind = latest(state) - state->read;
            setting->behind[MIN(behind, K_MAX)]++;
            setting->trials++;
            state->trial++;
            state->written = 0;
        }
        state->has_committed = state->is_read = false;
    }
    fixture_run_until(&f, sim_world_now(f.world) + 2 * s(TIMEOUT)); /* reads are over then */
    setting->answers += fixture_total(&f, "client", "answers");
    setting->stale += fixture_total(&f, "client", "answers.stale");
    fixture_clear(&f);
}

/* ---- the rows ---- */

/* P(X <= count), X binomial. */
static double binomial_cdf(uint32_t trials, double p, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i <= count; i++) {
        sum += exp(lgamma(trials + 1.0) - lgamma(i + 1.0) - lgamma(trials - i + 1.0) +
                   (i > 0 ? i * log(p) : 0) + (trials - i) * log1p(-p));
    }
    return MIN(sum, 1);
}

/* Stale reads among trials, against their probability: whether the count is outside the middle 99 %
 * of its exact law. Where a trial in a hundred thousand is stale this says that not many are. */
static bool is_outside(const struct setting *setting, const char *row, uint32_t stale, double p)
{
    double below = binomial_cdf(setting->trials, p, stale);
    double above = stale == 0 ? 1 : 1 - binomial_cdf(setting->trials, p, stale - 1);
    bool is_out = MIN(below, above) < 0.005;
    g_test_message("%s: %u stale of %u, %.6g expected, P(at most that) %.4f, P(at least that) "
                   "%.4f%s",
                   row, stale, setting->trials, p * setting->trials, below, above,
                   is_out ? ", OUTSIDE" : "");
    return is_out;
}

static void play_setting(struct setting *setting, uint32_t trials)
{
    while (setting->trials < trials) {
        uint64_t seed = 1 + setting->trials / TRIALS_A_WORLD;
        play_world(setting, seed + 1000000 * (100 * setting->n + 10 * setting->r + setting->w));
    }
}

/* Where two quorums nearly always meet no read is behind, however many are tried. What can be seen
 * is in how many replicas they meet: R W / N in the mean, hypergeometric. All others of the R are
 * older than the newest. */
static void expect_overlap(const struct setting *setting)
{
    double n = setting->n, r = setting->r, share = setting->w / n;
    g_assert_cmpuint(setting->answers, ==, (uint64_t)setting->r * setting->trials);
    if (setting->n <= 10) {
        return; /* often the newest of the R is not the latest */
    }
    double mean = (double)(setting->answers - setting->stale) / setting->trials;
    double error = sqrt(r * share * (1 - share) * (n - r) / (n - 1) / setting->trials);
    g_test_message("N=%u R=%u W=%u: a read meets %.4f of the W, %.4f expected, error %.4f",
                   setting->n, setting->r, setting->w, mean, r * share, error);
    g_assert_cmpfloat(fabs(mean - r * share), <, 2.576 * error);
}

static void test_rows(void)
{
    struct table table;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    struct setting setting = {0};
    uint32_t rows = 0, outside = 0;
    for (size_t row = 1; row < table.row_count; row++) {
        if (strcmp(table_text(&table, row, "case"), "PBS_k_staleness") != 0) {
            continue;
        }
        unsigned n, r, w, k = 1; /* p_s has no k: a read that is behind */
        const char *params = table_text(&table, row, "params");
        g_assert_cmpint(sscanf(params, "N=%u;R=%u;W=%u;k=%u", &n, &r, &w, &k), >=, 3);
        if (setting.n != n || setting.r != r || setting.w != w) {
            setting = (struct setting){.n = n, .r = r, .w = w};
            play_setting(&setting, n > 10 ? TRIALS_OF_MANY : TRIALS);
            expect_overlap(&setting);
        }
        uint32_t stale = 0;
        for (uint32_t behind = k; behind <= K_MAX; behind++) {
            stale += setting.behind[behind];
        }
        double value = table_number(&table, row, "value");
        bool is_miss = strcmp(table_text(&table, row, "metric"), "p_s") == 0;
        outside += is_outside(&setting, params, stale, is_miss ? value : 1 - value);
        rows++;
    }
    g_assert_cmpuint(rows, ==, 54);
    g_assert_cmpuint(outside, ==, 0);
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/versions/rows", test_rows);
    return g_test_run();
}
