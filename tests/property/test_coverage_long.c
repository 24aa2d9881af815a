/* Do the intervals hold the truth as often as they say? Thousands of experiments, so that the count
 * itself is sure to about 1 %. If this failed, verdicts would be given with a certainty that is not
 * there. */
#include "coverage.h"

static void test_replications(void)
{
    coverage_replications(2000, 20000);
}

/* Twenty batches of 40,000 waits are about 1,000 correlation times each. */
static void test_batches(void)
{
    coverage_batches(2000, 40000, 0.93);
}

/* Batches that are too short for their process. What is left of the correlation after merging to
 * ten is estimated from ten values, and no rule makes up for that: the floors below say how much
 * is lost (at 0.8 a batch is 4.5 correlation times long), and that it is not more. */
static void test_autoregression(void)
{
    coverage_autoregression(8000, 0.0, 20, 0.93);
    coverage_autoregression(8000, 0.2, 20, 0.93);
    coverage_autoregression(8000, 0.4, 20, 0.90);
    coverage_autoregression(8000, 0.4, 40, 0.93);
    coverage_autoregression(8000, 0.8, 20, 0.85);
    coverage_autoregression(8000, 0.8, 40, 0.88);
}

/* With few failures the exact binomial interval takes part, which covers 95 % at least and more
 * where a count of failures is a coarse thing: rare ones are meant to be covered too often. */
static void test_shares(void)
{
    coverage_share(8000, 0.3, 1000, 0.93, 0.97);
    coverage_share(8000, 0.01, 1000, 0.93, 0.97);
    coverage_share(8000, 0.001, 1000, 0.93, 0.99);
    coverage_share(8000, 0.0001, 1000, 0.95, 1.0);
    coverage_share(8000, 0.00001, 1000, 0.95, 1.0);
}

/* One half or nothing is as far from normal as twenty values can be. */
static void test_outages(void)
{
    coverage_outages(8000, 0.92);
}

static void test_paired(void)
{
    coverage_paired(8000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/coverage/replications", test_replications);
    g_test_add_func("/coverage/batches", test_batches);
    g_test_add_func("/coverage/autoregression", test_autoregression);
    g_test_add_func("/coverage/shares", test_shares);
    g_test_add_func("/coverage/outages", test_outages);
    g_test_add_func("/coverage/paired", test_paired);
    return g_test_run();
}
