/* The rows of published/closed_forms.csv about caches, availability and protocols. Each function
 * returns our own answer to a row of its case, NaN where it has none. */
#ifndef TESTS_THEORY_CLOSED_FORMS_SYSTEMS_H
#define TESTS_THEORY_CLOSED_FORMS_SYSTEMS_H

#include "closed_forms_row.h"
#include "stats/theory_availability.h"
#include "stats/theory_caches.h"
#include "stats/theory_distributed.h"

/* Caches and filters */

static double row_bloom(const struct row *row)
{
    double bits = number(row, "bits/key");
    unsigned k = whole(row, "k");
    return is_metric(row, "fpr_asymptotic")
               ? sim_theory_bloom(bits, k)
               : sim_theory_bloom_finite(bits * number(row, "n"), number(row, "n"), k);
}

static double row_ttl(const struct row *row)
{
    double x = number(row, "lambda*T");
    return has(row->params, "not renewed") ? sim_theory_ttl_hit(x, 1.0)
                                           : sim_theory_ttl_renewed_hit(x, 1.0);
}

/* Availability */

static double row_parallel(const struct row *row)
{
    return sim_theory_availability_parallel(number(row, "a"), whole(row, "n"));
}

static double row_series(const struct row *row)
{
    return sim_theory_availability_series(number(row, "a"), whole(row, "n"));
}

static double row_quorum(const struct row *row)
{
    return sim_theory_availability_quorum(number(row, "a"), whole(row, "n"), whole(row, "k"));
}

static double row_downtime(const struct row *row)
{
    return sim_theory_downtime_minutes(number(row, "A"));
}

static double row_two_state(const struct row *row)
{
    return sim_theory_availability(number(row, "MTTF"), number(row, "MTTR"));
}

static double row_mttdl(const struct row *row)
{
    if (g_str_has_prefix(row->params, "mirror approx")) {
        return sim_theory_mttdl_mirror_approximate(100000, 24); /* of the rows before it */
    }
    static const struct {
        const char *name;
        unsigned units, tolerated;
    } LAYOUTS[] = {{"mirror;", 2, 1},
                   {"RAID5 8 disks;", 8, 1},
                   {"RAID6 10 disks;", 10, 2},
                   {"3 replicas;", 3, 2}};
    for (size_t i = 0; i < G_N_ELEMENTS(LAYOUTS); i++) {
        if (g_str_has_prefix(row->params, LAYOUTS[i].name)) {
            return sim_theory_mttdl(LAYOUTS[i].units, LAYOUTS[i].tolerated, number(row, "MTTF"),
                                    number(row, "MTTR"), true);
        }
    }
    return NAN;
}

static double row_copysets(const struct row *row)
{
    static const struct {
        const char *part;
        double copysets;
    } SCHEMES[] = {{"=1666 ", 1666}, {"=8330 ", 8330}, {"13333333", 13333333}, {"275000", 275000}};
    double copysets = 1.0;
    for (size_t i = 0; i < G_N_ELEMENTS(SCHEMES); i++) {
        copysets = has(row->params, SCHEMES[i].part) ? SCHEMES[i].copysets : copysets;
    }
    return sim_theory_copyset_loss(whole(row, "N"), whole(row, "R"), 50, copysets);
}

/* Protocols */

static double row_pbs(const struct row *row)
{
    unsigned n = whole(row, "N"), r = whole(row, "R"), w = whole(row, "W");
    return is_metric(row, "p_s") ? sim_theory_quorum_miss(n, r, w)
                                 : sim_theory_quorum_within(n, r, w, whole(row, "k"));
}

static double row_raft_split(const struct row *row)
{
    return sim_theory_raft_split(whole(row, "n"), whole(row, "available"),
                                 number(row, "latency/timeout range"));
}

static double row_raft_first(const struct row *row)
{
    return is_metric(row, "P(M<=1/4)") ? sim_theory_raft_first_timeout_cdf(whole(row, "s"), 0.25)
                                       : sim_theory_raft_first_timeout(whole(row, "s"));
}

static double row_ring(const struct row *row)
{
    unsigned v = whole(row, "vnodes");
    if (g_str_has_prefix(row->metric, "share/mean quantile ")) {
        double p = g_ascii_strtod(row->metric + strlen("share/mean quantile "), NULL);
        return sim_theory_ring_share_quantile(v, p);
    }
    unsigned n = whole(row, "n");
    if (g_str_has_prefix(row->metric, "E[max share]*n")) {
        return sim_theory_ring_share_max(n) * n;
    }
    if (g_str_has_prefix(row->metric, "E[min share]*n")) {
        return sim_theory_ring_share_min(n) * n;
    }
    return sim_theory_ring_deviation(n, v);
}

static double row_remap(const struct row *row)
{
    char *end;
    uint64_t before = g_ascii_strtoull(row->params + strlen("n="), &end, 10);
    uint64_t after = g_ascii_strtoull(end + strlen("->"), NULL, 10);
    return g_str_has_prefix(row->metric, "mod-n") ? sim_theory_remap_modulo(before, after)
                                                  : sim_theory_remap_consistent(before, after);
}

static double row_retry(const struct row *row)
{
    double p = number(row, "p_fail");
    unsigned retries = whole(row, "max_retries");
    return is_metric(row, "final_failure") ? sim_theory_retry_failure(p, retries)
                                           : sim_theory_retry_attempts(p, retries);
}

static double row_retry_depth(const struct row *row)
{
    return sim_theory_retry_depth(number(row, "attempts/layer"), whole(row, "layers"));
}

static double row_swim(const struct row *row)
{
    return sim_theory_swim_periods(has(row->params, "n->inf") ? 0 : whole(row, "n"));
}

static double row_residue(const struct row *row)
{
    return sim_theory_rumor_residue(number(row, "k"));
}

static double row_push(const struct row *row)
{
    return sim_theory_push_rounds(number(row, "n"));
}

static double row_slow_start(const struct row *row)
{
    double bytes = g_ascii_strtod(row->params, NULL) * 1000.0;
    return sim_theory_slow_start_rounds(bytes, number(row, "MSS"), whole(row, "IW"));
}

static double row_mathis(const struct row *row)
{
    double rtt = number(row, "RTT") / 1000.0;
    return 8.0 * sim_theory_mathis(number(row, "MSS"), rtt, number(row, "p"));
}

#endif
