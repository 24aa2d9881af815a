/* Rows of reference/published/closed_forms.csv about traffic, each read from the file and played:
 * hit ratios of a time to live, Bloom filters, turns, the best of d, retries and what layers of
 * them add up to. The formulas themselves are held against the same rows in test_closed_forms.c; if
 * these failed, the models would do another thing than the formulas say.
 */
#include "cache/bloom_filter.h"
#include "fixture.h"
#include "stack.h"
#include "table.h"

/* "lambda*T=0.1;TTL renewed on hit": the number behind a name. */
static double number_in(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    g_assert_nonnull(at);
    return g_ascii_strtod(at + strlen(name), NULL);
}

/* Calls `check` for each row of that form and metric; how many there were. */
static uint32_t each_row(const char *form, const char *metric,
                         void (*check)(const char *params, double exact))
{
    struct table table;
    uint32_t rows = 0;
    if (!table_read(&table, "closed_forms.csv")) {
        return 0;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        if (strcmp(table.rows[row][0], form) == 0 && strcmp(table.rows[row][2], metric) == 0) {
            check(table.rows[row][1], g_ascii_strtod(table.rows[row][3], NULL));
            rows++;
        }
    }
    table_clear(&table);
    return rows;
}

static void count_rows(uint32_t rows, uint32_t expected)
{
    g_assert_true(rows == expected || g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0);
}

/* The figure, and half of its 99 % interval, is within the tolerance. */
static void check_figure(const char *scenario, const char *settings, const char *figure,
                         double exact, double tolerance)
{
    struct sim_study *study = stack_run(scenario, settings);
    struct sim_estimate estimate = *stack_estimate(study->results[0], figure);
    double half = (estimate.high - estimate.low) / 2 * 1.44; /* 95 % to 99 % with 9 degrees */
    g_test_message("%s %s: %s %.6g +- %.2g, exact %.6g", scenario, settings, figure, estimate.value,
                   half, exact);
    g_assert_cmpfloat(half, <=, tolerance);
    g_assert_cmpfloat(fabs(estimate.value - exact), <=, tolerance);
    sim_study_free(study);
}

/* ---- time to live ---- */

static void check_ttl(const char *params, double exact)
{
    double per_life = number_in(params, "lambda*T=");
    bool is_sliding = strstr(params, "not renewed") == NULL;
    g_autofree char *settings = g_strdup_printf("ttl=%gs each=0.1 requests=2e5 sliding=%s",
                                                per_life / 0.1, is_sliding ? "true" : "false");
    check_figure("cache-ttl", settings, "cache.hits ratio", exact, 0.001);
}

static void test_ttl(void)
{
    count_rows(each_row("TTL_cache", "hit", check_ttl), 6);
}

/* ---- Bloom filters ---- */

/* Of a filter's hashes all rows but one state the number that ours takes by itself for so many
 * bits: the best. Over many filters, since the share of bits that are set varies from one to the
 * other; large ones, or the n that the row says. */
static void check_bloom(const char *params, double exact)
{
    bool is_finite = strstr(params, "n=") != NULL;
    double bits = number_in(params, "bits/key=");
    uint32_t hashes = (uint32_t)number_in(params, "k="), best = (uint32_t)round(bits * log(2));
    uint64_t keys = is_finite ? (uint64_t)number_in(params, "n=") : 100000;
    uint64_t filters = is_finite ? 2000 : 20, draws = 20000000 / filters, wrong = 0;
    for (uint64_t seed = 0; seed < filters; seed++) {
        struct sim_bloom_filter filter = {0};
        sim_bloom_filter_init(&filter, keys, bits, hashes == best ? 0 : hashes);
        g_assert_cmpuint(filter.hash_count, ==, hashes);
        for (uint64_t key = 0; key < keys; key++) {
            sim_bloom_filter_add(&filter, seed << 32 | key);
        }
        for (uint64_t key = 0; key < draws; key++) {
            wrong += sim_bloom_filter_has(&filter, UINT64_C(1) << 60 | seed << 32 | key);
        }
        sim_bloom_filter_clear(&filter);
    }
    double share = (double)wrong / (double)(draws * filters);
    double error = sqrt(exact / (double)(draws * filters));
    g_test_message("%s: %.4g +- %.2g, exact %.4g", params, share, error, exact);
    g_assert_cmpfloat(fabs(share - exact), <=, 4 * error + 0.01 * exact);
}

static void test_bloom(void)
{
    count_rows(each_row("bloom", "fpr_asymptotic", check_bloom), 5);
    count_rows(each_row("bloom", "fpr_classic_(1-(1-1/m)^kn)^k", check_bloom), 2);
}

/* ---- balancers ---- */

static void check_round_robin(const char *params, double exact)
{
    double rho = number_in(params, "rho=");
    g_autofree char *settings =
        g_strdup_printf("load=%g servers=%g policy=round_robin requests=%g", rho,
                        number_in(params, "n="), 3e4 / ((1 - rho) * (1 - rho)));
    check_figure("split", settings, "users.latency mean", exact / 100, 0.01 * exact / 100);
}

static void test_round_robin(void)
{
    count_rows(each_row("round_robin_n_x_M(=E_n/M/1)", "W", check_round_robin), 6);
}

/* The best of d among a thousand servers, which differ from infinitely many by less than the
 * tolerance. Left out are one choice, which is M/M/1 and in test_stack.c, and a load of 99 %, where
 * it takes many more servers and far longer runs. */
static void check_choices(const char *params, double exact)
{
    double d = number_in(params, "d="), load = number_in(params, "lambda=");
    if (d < 2 || load > 0.95) {
        return;
    }
    g_autofree char *settings =
        g_strdup_printf("load=%g servers=1000 policy=two_choices choices=%g runs=10 requests=%g",
                        load, d, 5e4 * load / (1 - load));
    check_figure("split", settings, "users.latency mean", exact / 100, 0.01 * exact / 100);
}

static void test_choices(void)
{
    count_rows(each_row("power_of_d", "W", check_choices), 24);
}

/* ---- retries ---- */

static void check_attempts(const char *params, double exact)
{
    g_autofree char *settings =
        g_strdup_printf("fails=%g retries=%g requests=1e5", number_in(params, "p_fail="),
                        number_in(params, "max_retries="));
    check_figure("retries", settings, "users.attempts mean", 100 * exact, exact);
}

/* One that is as rare as one in ten thousand is held to a tenth. */
static void check_failures(const char *params, double exact)
{
    bool is_rare = exact < 0.001;
    g_autofree char *settings =
        g_strdup_printf("fails=%g retries=%g requests=%g", number_in(params, "p_fail="),
                        number_in(params, "max_retries="), is_rare ? 2e6 : 1.6e4 / exact);
    check_figure("retries", settings, "users.errors ratio", exact, (is_rare ? 0.1 : 0.01) * exact);
}

static void test_retries(void)
{
    count_rows(each_row("retry_amplification", "attempts/request", check_attempts), 4);
    count_rows(each_row("retry_amplification", "final_failure", check_failures), 4);
}

/* So many layers, each of which tries so many times, before one that always fails. */
static void check_depth(const char *params, double exact)
{
    static const char *const names[] = {"users", "layer2", "layer3", "layer4", "layer5", "leaf"};
    uint32_t retries = (uint32_t)number_in(params, "attempts/layer=") - 1;
    uint32_t layers = (uint32_t)number_in(params, "layers=");
    char *fields[G_N_ELEMENTS(names)] = {NULL}; /* which the fixture reads at its start */
    struct fixture f;
    fixture_init(&f, ms(15));
    for (uint32_t layer = 0; layer < layers; layer++) {
        fields[layer] =
            g_strdup_printf("%s, to = '%s', retry = retry { max = %u }",
                            layer == 0 ? "arrivals = regular(rate(100))" : "service = ms(0)",
                            layer + 1 == layers ? "leaf" : names[layer + 1], retries);
        fixture_add_node(&f, names[layer], layer == 0 ? &sim_model_client_open : &sim_model_service,
                         fields[layer]);
    }
    fixture_add_node(&f, "leaf", &sim_model_service, "service = ms(0), errors = percent(100)");
    fixture_start(&f);
    fixture_run(&f);
    uint64_t issued = fixture_total(&f, "users", "issued");
    g_assert_cmpuint(issued, >, 0);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, issued);
    g_assert_cmpuint(fixture_total(&f, "leaf", "issued"), ==, issued * (uint64_t)exact);
    fixture_clear(&f);
    for (uint32_t layer = 0; layer < layers; layer++) {
        g_free(fields[layer]);
    }
}

static void test_depth(void)
{
    count_rows(each_row("retry_depth", "worst-case leaf attempts", check_depth), 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/traffic-rows/ttl", test_ttl);
    g_test_add_func("/traffic-rows/bloom", test_bloom);
    g_test_add_func("/traffic-rows/round-robin", test_round_robin);
    g_test_add_func("/traffic-rows/choices", test_choices);
    g_test_add_func("/traffic-rows/retries", test_retries);
    g_test_add_func("/traffic-rows/retry-depth", test_depth);
    return g_test_run();
}
