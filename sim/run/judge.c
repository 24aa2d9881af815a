/* Verdicts: every expectation against the interval of its figure.
 *
 * Percentiles count every operation that was issued, failed ones as infinitely late, so that a dead
 * system never meets an upper limit. Where there are too few operations for a percentile to be
 * known, the share of operations beyond the bound decides: p99 < x says that less than 1 % are at
 * or beyond x, and that share has an exact binomial interval.
 *
 * A run that an explicit limit ended early proves nothing about the whole of its time: verdicts on
 * its figures are inconclusive.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "run/reduce.h"

static enum sim_comparison comparison_of(enum sim_operator operator)
{
    switch (operator) {
    case SIM_OP_LESS:
        return SIM_LESS;
    case SIM_OP_LESS_EQUAL:
        return SIM_LESS_EQUAL;
    case SIM_OP_GREATER:
        return SIM_GREATER;
    case SIM_OP_GREATER_EQUAL:
        return SIM_GREATER_EQUAL;
    case SIM_OP_EQUAL:
        break;
    }
    return SIM_EQUAL;
}

static bool is_upper_limit(enum sim_operator operator)
{
    return operator== SIM_OP_LESS || operator== SIM_OP_LESS_EQUAL;
}

static double observations_of(const struct sim_record *records, uint32_t count, uint32_t p)
{
    double observations = 0.0;
    for (uint32_t r = 0; r < count; r++) {
        observations += records[r].is_finished ? records[r].observations[p] : 0.0;
    }
    return observations;
}

/* By the share beyond the bound. */
static void judge_by_share(struct sim_judgement *judgement, const struct sim_plan *plan,
                           const struct sim_record *records, uint32_t count, uint32_t index,
                           const struct sim_probe *probe)
{
    enum sim_operator operator= plan->scenario->expectations[index].comparison;
    uint32_t p = plan->figure_probe_count + plan->scenario->expectation_count + index;
    struct sim_estimate share = sim_reduce_probe(plan, records, count, p);
    double allowed = 1.0 - probe->quantile;
    bool is_below = share.has_interval && share.high < allowed; /* the percentile is within */
    bool is_above = share.has_interval && share.low > allowed;
    judgement->verdict = SIM_INCONCLUSIVE;
    judgement->reason = "too few requests";
    if (operator== SIM_OP_EQUAL ||(!is_below && !is_above)) {
        return;
    }
    judgement->verdict = is_below == is_upper_limit(operator) ? SIM_PASS : SIM_FAIL;
    judgement->reason = "by the share beyond it";
}

static bool was_limited(const struct sim_result *result)
{
    for (uint32_t r = 0; r < result->replication_count; r++) {
        if (result->replications[r].ending == SIM_ENDING_LIMIT) {
            return true;
        }
    }
    return false;
}

static void judge_figure(struct sim_judgement *judgement, const struct sim_result *result,
                         const struct sim_plan *plan, const struct sim_record *records,
                         uint32_t count, uint32_t index)
{
    const struct sim_expectation *expectation = &plan->scenario->expectations[index];
    uint32_t p = plan->figure_probe_count + index;
    const struct sim_probe *probe = &plan->probes[p];
    judgement->window = plan->axis.windows[probe->window];
    judgement->estimate = sim_reduce_probe(plan, records, count, p);
    judgement->unit = probe->unit;
    judgement->is_rate = probe->is_rate;
    judgement->verdict =
        sim_verdict_of(&judgement->estimate, comparison_of(expectation->comparison),
                       expectation->bound, &judgement->is_bare);
    double observations = observations_of(records, count, p);
    if (isnan(judgement->estimate.value)) {
        judgement->reason = "nothing was observed";
    } else if (probe->kind == SIM_PROBE_QUANTILE &&
               !sim_quantile_is_printable(probe->quantile, observations)) {
        judge_by_share(judgement, plan, records, count, index, probe);
    }
    if (was_limited(result)) {
        judgement->verdict = SIM_INCONCLUSIVE;
        judgement->reason = "a run was ended by its limits";
    }
}

/* How much a finding tells: that something is wrong most of all. */
static int weight_of(const struct sim_finding *finding)
{
    return finding->verdict == SIM_CHECK_NO        ? 3
           : finding->verdict == SIM_CHECK_UNKNOWN ? 2
           : finding->evidence != NULL             ? 1
                                                   : 0;
}

/* A claim holds when it does in every replication. One that denies it is about whether the other
 * can happen: one replication is enough. */
static void judge_claim(struct sim_judgement *judgement, struct sim_result *result,
                        const struct sim_record *records, uint32_t count, uint32_t index)
{
    bool is_denied = judgement->expectation->is_denied;
    uint32_t finished = 0, unknown = 0, first = 0; /* that tells most */
    const struct sim_finding *most = &(const struct sim_finding){.verdict = SIM_CHECK_YES};
    for (uint32_t r = 0; r < count; r++) {
        const struct sim_finding *finding = &records[r].findings[index];
        if (!records[r].is_finished) {
            continue;
        }
        finished++;
        unknown += finding->verdict == SIM_CHECK_UNKNOWN;
        if (weight_of(finding) > weight_of(most)) {
            most = finding;
            first = r;
        }
    }
    bool is_wrong = most->verdict == SIM_CHECK_NO;
    enum sim_verdict otherwise = finished == 0 || unknown > 0 || was_limited(result)
                                     ? SIM_INCONCLUSIVE
                                 : is_denied ? SIM_FAIL
                                             : SIM_PASS;
    judgement->verdict = !is_wrong ? otherwise : is_denied ? SIM_PASS : SIM_FAIL;
    if (most->evidence != NULL) {
        g_autofree char *reason = g_strdup_printf("run %u: %s", first + 1, most->evidence);
        judgement->reason = sim_arena_strdup(&result->arena, reason);
    }
}

static bool expectation_applies(const struct sim_scenario *scenario,
                                const struct sim_expectation *expectation)
{
    return !expectation->variant ||
           (scenario->variant && strcmp(expectation->variant, scenario->variant) == 0);
}

void sim_judge(struct sim_result *result, const struct sim_plan *plan,
               const struct sim_record *records, uint32_t count)
{
    const struct sim_scenario *scenario = plan->scenario;
    struct sim_judgement *judgements =
        sim_arena_array(&result->arena, struct sim_judgement, scenario->expectation_count);
    result->judgement_count = 0;
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_expectation *expectation = &scenario->expectations[i];
        if (!expectation_applies(scenario, expectation)) {
            continue;
        }
        struct sim_judgement *judgement = &judgements[result->judgement_count++];
        judgement->expectation = expectation;
        if (expectation->kind == SIM_EXPECT_FIGURE) {
            judge_figure(judgement, result, plan, records, count, i);
        } else {
            judgement->estimate = (struct sim_estimate){.value = NAN, .low = NAN, .high = NAN};
            judgement->window = plan->axis.windows[0];
            judge_claim(judgement, result, records, count, i);
        }
    }
    result->judgements = judgements;
}
