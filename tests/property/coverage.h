/* How often intervals hold the truth, on processes whose truth is known. Two programs include this:
 * a quick one with few experiments and a band that is as wide as that makes it, and a long one.
 *
 * Each experiment has its own pinned seed. The coverage of a 95 % interval shall lie in
 * [93 %, 97 %], give or take four standard deviations of the count of experiments; a case that is
 * meant to be outside says so, with its reason, by its own band.
 */
#ifndef TESTS_PROPERTY_COVERAGE_H
#define TESTS_PROPERTY_COVERAGE_H

#include <glib.h>
#include <math.h>

#include "base/math.h"
#include "base/random.h"
#include "metrics/histogram.h"
#include "stats/estimate.h"
#include "stats/paired.h"

#define CONFIDENCE 0.95
#define RUNS 20
#define LAMBDA 0.8

/* One customer after the other of an M/M/1 queue with mu = 1, from its stationary law on. */
struct lindley {
    struct sim_random random;
    double wait;
};

static double exponential(struct sim_random *random, double mean)
{
    return -mean * sim_log(sim_random_unit(random));
}

static void lindley_init(struct lindley *lindley, uint64_t seed, const char *name)
{
    sim_random_init(&lindley->random, seed, name, "lindley");
    bool waits = sim_random_chance(&lindley->random, LAMBDA);
    lindley->wait = waits ? exponential(&lindley->random, 1.0 / (1.0 - LAMBDA)) : 0.0;
}

static double lindley_next(struct lindley *lindley)
{
    double wait = lindley->wait;
    double next =
        wait + exponential(&lindley->random, 1.0) - exponential(&lindley->random, 1.0 / LAMBDA);
    lindley->wait = next > 0.0 ? next : 0.0;
    return wait;
}

#define WAIT_MEAN (LAMBDA / (1.0 - LAMBDA))
/* P(wait > t) = lambda exp(-(1 - lambda) t) */
#define WAIT_P90 (sim_log(LAMBDA / 0.10) / (1.0 - LAMBDA))
#define WAIT_ABOVE_10 (LAMBDA * sim_exp(-(1.0 - LAMBDA) * 10.0))

/* `parts` stretches of `length` waits each, out of one series or out of independent ones. */
struct stretches {
    double mean[64], p90[64], above[64], total[64];
    double whole_mean, whole_p90;
};

static void stretches_run(struct stretches *s, uint64_t seed, int parts, int length, bool is_series)
{
    struct sim_histogram whole, part;
    sim_histogram_init(&whole, SIM_HISTOGRAM_FINE);
    struct lindley lindley;
    lindley_init(&lindley, seed, "series");
    double sum_all = 0.0;
    for (int i = 0; i < parts; i++) {
        sim_histogram_init(&part, SIM_HISTOGRAM_FINE);
        if (!is_series) {
            lindley_init(&lindley, sim_hash_pair(seed, (uint64_t)i), "replication");
        }
        double sum = 0.0, above = 0.0;
        for (int k = 0; k < length; k++) {
            double wait = lindley_next(&lindley);
            sum += wait;
            above += wait > 10.0;
            sim_histogram_add(&part, (int64_t)(wait * 1e6));
        }
        sum_all += sum;
        s->mean[i] = sum / length;
        s->above[i] = above;
        s->total[i] = length;
        s->p90[i] = sim_histogram_quantile(&part, 0.90) / 1e6;
        sim_histogram_merge(&whole, &part);
        sim_histogram_clear(&part);
    }
    s->whole_mean = sum_all / parts / length;
    s->whole_p90 = sim_histogram_quantile(&whole, 0.90) / 1e6;
    sim_histogram_clear(&whole);
}

struct tally {
    const char *name;
    double low, high; /* band that the coverage shall lie in */
    int covered, missed_low, missed_high;
    double width_sum;
};

static void tally_add(struct tally *tally, const struct sim_estimate *estimate, double truth)
{
    g_assert_true(estimate->has_interval);
    tally->missed_low += estimate->high < truth;
    tally->missed_high += estimate->low > truth;
    tally->covered += estimate->low <= truth && truth <= estimate->high;
    tally->width_sum += 0.5 * (estimate->high - estimate->low) / truth;
}

static void tally_check(const struct tally *tally, int experiments)
{
    double n = experiments;
    double coverage = tally->covered / n;
    double slack = 4.0 * sqrt(0.05 * 0.95 / n);
    g_test_message("%-34s coverage %.2f %% (too low %d, too high %d of %d), half width %.2f %%",
                   tally->name, 100.0 * coverage, tally->missed_low, tally->missed_high,
                   experiments, 100.0 * tally->width_sum / n);
    g_assert_cmpfloat(coverage, >=, tally->low - slack);
    g_assert_cmpfloat(coverage, <=, tally->high + slack);
}

static void coverage_replications(int experiments, int length)
{
    struct tally mean = {.name = "M/M/1 mean wait, replications", .low = 0.93, .high = 0.97};
    struct tally p90 = {.name = "M/M/1 p90 wait, replications", .low = 0.93, .high = 0.97};
    struct tally above = {.name = "M/M/1 P(wait > 10), replications", .low = 0.93, .high = 0.97};
    for (int e = 0; e < experiments; e++) {
        struct stretches s;
        stretches_run(&s, (uint64_t)e + 1, RUNS, length, false);
        struct sim_estimate estimate = sim_estimate_of(s.mean, RUNS, CONFIDENCE);
        tally_add(&mean, &estimate, WAIT_MEAN);
        estimate = sim_estimate_of(s.p90, RUNS, CONFIDENCE);
        tally_add(&p90, &estimate, WAIT_P90);
        estimate = sim_estimate_ratio(s.above, s.total, RUNS, false, CONFIDENCE);
        tally_add(&above, &estimate, WAIT_ABOVE_10);
    }
    tally_check(&mean, experiments);
    tally_check(&p90, experiments);
    tally_check(&above, experiments);
}

static void coverage_batches(int experiments, int length, double low)
{
    struct tally mean = {.name = "M/M/1 mean wait, batches", .low = low, .high = 0.97};
    struct tally p90 = {.name = "M/M/1 p90 wait, batches", .low = low, .high = 0.97};
    struct tally above = {.name = "M/M/1 P(wait > 10), batches", .low = low, .high = 0.97};
    for (int e = 0; e < experiments; e++) {
        struct stretches s;
        stretches_run(&s, (uint64_t)e + 1, RUNS, length, true);
        struct sim_estimate estimate = sim_estimate_batches(s.whole_mean, s.mean, RUNS, CONFIDENCE);
        tally_add(&mean, &estimate, WAIT_MEAN);
        estimate = sim_estimate_batches(s.whole_p90, s.p90, RUNS, CONFIDENCE);
        tally_add(&p90, &estimate, WAIT_P90);
        estimate = sim_estimate_ratio(s.above, s.total, RUNS, true, CONFIDENCE);
        tally_add(&above, &estimate, WAIT_ABOVE_10);
    }
    tally_check(&mean, experiments);
    tally_check(&p90, experiments);
    tally_check(&above, experiments);
}

/* Batches with correlation r between neighbours, and a mean of 1. */
static void coverage_autoregression(int experiments, double r, int parts, double low)
{
    char name[64];
    g_snprintf(name, sizeof(name), "autoregression %.1f, %d batches", r, parts);
    struct tally tally = {.name = name, .low = low, .high = 0.97};
    for (int e = 0; e < experiments; e++) {
        struct sim_random random;
        sim_random_init(&random, (uint64_t)e + 1, "autoregression", "noise");
        double x[64], sum = 0.0;
        double noise = sim_normal_quantile(sim_random_unit(&random)) / sim_sqrt(1.0 - r * r);
        for (int i = 0; i < parts; i++) {
            x[i] = 1.0 + noise;
            sum += x[i];
            noise = r * noise + sim_normal_quantile(sim_random_unit(&random));
        }
        struct sim_estimate estimate =
            sim_estimate_batches(sum / parts, x, (size_t)parts, CONFIDENCE);
        tally_add(&tally, &estimate, 1.0);
    }
    tally_check(&tally, experiments);
}

/* Shares of independent operations that fail with probability p, the totals random too. */
static void coverage_share(int experiments, double p, double total, double low, double high)
{
    char name[64];
    g_snprintf(name, sizeof(name), "share %g of %g x %d", p, total, RUNS);
    struct tally tally = {.name = name, .low = low, .high = high};
    for (int e = 0; e < experiments; e++) {
        struct sim_random random;
        sim_random_init(&random, (uint64_t)e + 1, name, "failures");
        double successes[RUNS], totals[RUNS];
        for (int i = 0; i < RUNS; i++) {
            totals[i] = sim_floor(total * (0.5 + sim_random_unit(&random)));
            successes[i] = 0;
            /* Gaps between failures are geometric. */
            double at = sim_log(sim_random_unit(&random)) / sim_log1p(-p);
            while (at < totals[i]) {
                successes[i]++;
                at = sim_floor(at) + 1.0 + sim_log(sim_random_unit(&random)) / sim_log1p(-p);
            }
        }
        struct sim_estimate estimate =
            sim_estimate_ratio(successes, totals, RUNS, false, CONFIDENCE);
        tally_add(&tally, &estimate, p);
    }
    tally_check(&tally, experiments);
}

/* Outages: a third of the replications lose half of their operations, all at once. */
static void coverage_outages(int experiments, double low)
{
    struct tally tally = {.name = "share under outages", .low = low, .high = 0.97};
    for (int e = 0; e < experiments; e++) {
        struct sim_random random;
        sim_random_init(&random, (uint64_t)e + 1, "outages", "failures");
        double failures[RUNS], totals[RUNS];
        for (int i = 0; i < RUNS; i++) {
            totals[i] = 100000.0 * (0.9 + 0.2 * sim_random_unit(&random));
            bool has_outage = sim_random_chance(&random, 1.0 / 3.0);
            failures[i] = has_outage ? sim_floor(0.5 * totals[i]) : 0.0;
        }
        struct sim_estimate estimate =
            sim_estimate_ratio(failures, totals, RUNS, false, CONFIDENCE);
        tally_add(&tally, &estimate, 1.0 / 6.0);
    }
    tally_check(&tally, experiments);
}

/* The gain of after over before where both ran on the same arrivals. */
static void coverage_paired(int experiments)
{
    struct tally tally = {.name = "paired difference", .low = 0.93, .high = 0.97};
    struct tally relative = {.name = "paired ratio", .low = 0.93, .high = 0.97};
    int false_alarms = 0;
    for (int e = 0; e < experiments; e++) {
        struct sim_random random;
        sim_random_init(&random, (uint64_t)e + 1, "paired", "noise");
        double before[RUNS], after[RUNS], same[RUNS];
        for (int i = 0; i < RUNS; i++) {
            double shared = exponential(&random, 1.0) + exponential(&random, 1.0);
            before[i] = shared + 0.1 * exponential(&random, 1.0);
            after[i] = 1.1 * shared + 0.1 * exponential(&random, 1.0);
            same[i] = shared + 0.1 * exponential(&random, 1.0);
        }
        struct sim_paired paired = sim_paired_of(before, after, RUNS, CONFIDENCE);
        tally_add(&tally, &paired.difference, 0.2);
        tally_add(&relative, &paired.relative, 2.3 / 2.1);
        paired = sim_paired_of(before, same, RUNS, CONFIDENCE);
        false_alarms += paired.p_value < 1.0 - CONFIDENCE;
    }
    tally_check(&tally, experiments);
    tally_check(&relative, experiments);
    double rate = (double)false_alarms / experiments;
    g_test_message("paired test, false alarms %.2f %%", 100.0 * rate);
    g_assert_cmpfloat(rate, <=, 0.05 + 4.0 * sqrt(0.05 * 0.95 / experiments));
}

#endif
