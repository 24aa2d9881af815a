/* Quorums through store.quorum and real links (see pbs.h), in little time: two rows of the
 * published table, and what holds whatever the delays are. test_quorum_pbs_long.c has all of it.
 */
#include "pbs.h"

static const struct pbs_model exponential_writes = {
    "exponential writes", {0, 1, 1, 0.001}, {0, 1, 1, 1000}, 0};

static uint64_t choose(uint32_t n, uint32_t k)
{
    uint64_t result = 1;
    for (uint32_t i = 0; i < k; i++) {
        result = result * (n - i) / (i + 1);
    }
    return k > n ? 0 : result;
}

/* Writes take seconds, all else microseconds: when W replicas have answered the others have
 * nothing, and R answer at random. A read misses the write with probability C(N - W, R) / C(N, R):
 * the case k = 1 of the paper's k-staleness. */
static void test_random_quorums(void)
{
    for (uint32_t n = 1; n <= PBS_REPLICAS_MAX; n++) {
        for (uint32_t r = 1; r <= n; r++) {
            for (uint32_t w = 1; w <= n; w++) {
                struct pbs_study study = {.model = &exponential_writes,
                                          .n = n,
                                          .r = r,
                                          .w = w,
                                          .trials = 4000,
                                          .time_count = 1,
                                          .seed = 100 * n + 10 * r + w};
                pbs_play(&study);
                double missed = (double)choose(n - w, r) / (double)choose(n, r);
                struct pbs_figure figure = pbs_share(study.fresh[0], study.trials);
                if (r + w > n) {
                    g_assert_cmpuint(study.fresh[0], ==, study.trials);
                }
                /* Of 55 intervals of 99 % some may miss: of 99.99 % none. */
                figure.low = figure.value - 1.52 * (figure.value - figure.low);
                figure.high = figure.value + 1.52 * (figure.high - figure.value);
                pbs_check(&study, "sees the write", &figure, 1 - missed, 0);
                pbs_clear(&study);
            }
        }
    }
}

/* Three versions by three writers, of whom each is much faster than the one before: what was slow
 * to arrive has not arrived when the next has committed. A read is within k versions with
 * probability 1 - p^k (the paper's k-staleness). */
static void test_versions(void)
{
    static const struct pbs_model scales = {"three scales", {0, 1, 1, 1e-8}, {0, 1, 1, 10000}, 0};
    static const uint32_t cases[][3] = {{3, 1, 1}, {3, 1, 2}, {3, 2, 1}, {2, 1, 1},
                                        {5, 1, 1}, {5, 2, 2}, {5, 1, 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pbs_study study = {.model = &scales,
                                  .n = cases[i][0],
                                  .r = cases[i][1],
                                  .w = cases[i][2],
                                  .trials = 10000,
                                  .versions = 3,
                                  .time_count = 1,
                                  .seed = i + 1};
        pbs_play(&study);
        double p = (double)choose(study.n - study.w, study.r) / (double)choose(study.n, study.r);
        for (uint32_t k = 0; k < 3; k++) {
            struct pbs_figure figure = pbs_share(study.within[k], study.trials);
            g_autofree char *what = g_strdup_printf("within %u", k + 1);
            /* What is slow may come early: a part in some thousands. */
            pbs_check(&study, what, &figure, 1 - pow(p, k + 1), 0.001);
        }
        pbs_clear(&study);
    }
}

/* From the table, so that it needs no file: LNKD-SSD and LNKD-DISK, N = 3, R = W = 1. */
static void test_two_rows(void)
{
    static const double exact[2][6] = {
        {0.489, 0.489, 0.656, 0.97361, 0.99502, 0.99999},
        {0.489, 1.505, 0.654, 0.43651, 0.58355, 0.81810},
    };
    for (uint32_t i = 0; i < 2; i++) {
        struct pbs_study study = {.model = &pbs_models[i],
                                  .n = 3,
                                  .r = 1,
                                  .w = 1,
                                  .trials = 50000,
                                  .times = {0, 1, 5},
                                  .time_count = 3,
                                  .seed = 1};
        pbs_play(&study);
        struct pbs_figure figure = pbs_quantile(study.reads, study.trials, 0.5);
        pbs_check(&study, "read p50", &figure, exact[i][0], 0.02 * exact[i][0]);
        figure = pbs_quantile(study.writes, study.trials, 0.5);
        pbs_check(&study, "write p50", &figure, exact[i][1], 0.02 * exact[i][1]);
        figure = pbs_quantile(study.reads, study.trials, 0.999);
        pbs_check(&study, "read p99.9", &figure, exact[i][2], 0.02 * exact[i][2]);
        for (uint32_t t = 0; t < 3; t++) {
            figure = pbs_share(study.fresh[t], study.trials);
            pbs_check(&study, "sees the write", &figure, exact[i][3 + t], 0.005);
        }
        pbs_clear(&study);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pbs/random-quorums", test_random_quorums);
    g_test_add_func("/pbs/versions", test_versions);
    g_test_add_func("/pbs/two-rows", test_two_rows);
    return g_test_run();
}
