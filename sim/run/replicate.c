/* One replication of one case: a world is made, played, audited, read and freed. */
#define _POSIX_C_SOURCE 200809L
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "run/case.h"

uint64_t sim_replication_seed(uint64_t seed, uint32_t index)
{
    return sim_hash_pair(seed, index);
}

/* What the audit complains of, or NULL when the books balance. The caller frees with free(). */
static char *audit(const struct sim_world *world)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_balanced = sim_world_audit(world, out);
    if (out) {
        fclose(out);
    }
    if (is_balanced) {
        free(text);
        return NULL;
    }
    return text ? text : strdup("the books do not balance");
}

#define HISTORY_MAX 1000000u /* operations of one replication that are recorded */
#define EVIDENCE_SHOWN 6u    /* operations of the evidence, in words */

/* What of the history is wrong by itself: a line that says so, and one for each operation. */
static char *evidence_of(const struct sim_check_input *input, const struct sim_check_result *result)
{
    GString *out = g_string_new(result->because);
    guint count = result->piece == NULL ? 0 : result->piece->len;
    if (count > 0) {
        g_string_append_c(out, ':');
    }
    for (guint i = 0; i < count && i < EVIDENCE_SHOWN; i++) {
        g_autofree char *words = sim_check_describe(input, result, i);
        g_string_append_printf(out, "\n%s", words);
    }
    if (count > EVIDENCE_SHOWN) {
        g_string_append_printf(out, "\nand %u more", count - EVIDENCE_SHOWN);
    }
    return g_string_free(out, FALSE);
}

static struct sim_record_claim judge_claim(struct sim_record *record, struct sim_check_input *input,
                                           const struct sim_check_claim *claim)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_judge(input, claim, &limits, &result);
    struct sim_record_claim judged = {.verdict = result.verdict};
    if (result.because != NULL) {
        g_autofree char *evidence = evidence_of(input, &result);
        judged.evidence = sim_arena_strdup(&record->arena, evidence);
    }
    sim_check_result_clear(&result);
    return judged;
}

/* Each claim once, whether it is made or denied. */
static void judge_history(struct sim_record *record, const struct sim_scenario *scenario,
                          struct sim_check_input *input)
{
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct sim_expectation *expectation = &scenario->expectations[i];
        uint32_t earlier = 0;
        while (earlier < i && (scenario->expectations[earlier].kind != SIM_EXPECT_CLAIM ||
                               !sim_check_claim_equals(&scenario->expectations[earlier].claim,
                                                       &expectation->claim))) {
            earlier++;
        }
        if (expectation->kind == SIM_EXPECT_CLAIM) {
            record->claims[i] = earlier < i ? record->claims[earlier]
                                            : judge_claim(record, input, &expectation->claim);
        }
    }
}

static void read_world(struct sim_case *item, struct sim_record *record,
                       const struct sim_world *world, uint32_t index)
{
    sim_record_read(record, item->plan, world);
    char *complaint = audit(world);
    record->replication.is_balanced = !complaint;
    if (complaint) {
        record->complaint = sim_arena_strdup(&record->arena, complaint);
        free(complaint);
    }
    const char *limit = sim_world_limit(world);
    record->replication.limit = limit ? sim_arena_strdup(&record->arena, limit) : NULL;
    record->is_finished = true;
    pthread_mutex_lock(&item->mutex);
    sim_totals_add(&item->totals, item->plan, world, index);
    pthread_mutex_unlock(&item->mutex);
}

void sim_case_replicate(struct sim_case *item, uint32_t index,
                        const struct sim_run_options *options, bool is_traced)
{
    struct sim_record *record = &item->records[index];
    sim_record_init(record, item->plan);
    record->replication.seed = sim_replication_seed(item->scenario->seed, index);
    struct sim_check_input seen = {.has_initial = true,
                                   .has_times = true,
                                   .value_bits = SIM_WITNESS_VALUE_BITS,
                                   .process_bits = SIM_WITNESS_PROCESS_BITS};
    sim_history_init(&seen.history, HISTORY_MAX);
    struct sim_world_options world_options = {
        .seed = record->replication.seed,
        .axis = &item->plan->axis,
        .trace = is_traced ? options->trace : NULL,
        .trace_data = options->trace_data,
        .stop = options->stop,
        .is_attributing = true,
        .history = item->scenario->has_claims ? &seen.history : NULL,
        .replay = item->replay,
    };
    if (is_traced && options->trace_start) {
        options->trace_start(item->scenario, options->trace_data);
    }
    struct sim_world *world = sim_world_new(&item->scenario->world, &world_options);
    enum sim_ending ending = sim_world_run(world);
    if (ending != SIM_ENDING_INTERRUPTED) {
        record->replication.ending = ending;
        read_world(item, record, world, index);
    }
    sim_world_free(world);
    if (record->is_finished && item->scenario->has_claims) {
        judge_history(record, item->scenario, &seen);
    }
    sim_check_input_clear(&seen);
}

void sim_case_free(struct sim_case *item)
{
    if (!item) {
        return;
    }
    for (uint32_t i = 0; item->records && i < item->runs_asked; i++) {
        sim_record_clear(&item->records[i]);
    }
    g_free(item->records);
    if (item->plan) {
        sim_totals_clear(&item->totals, item->plan);
        sim_plan_free(item->plan);
    }
    for (uint32_t i = 0; i < item->setting_count; i++) {
        g_free((char *)item->settings[i].name);
        g_free((char *)item->settings[i].value);
    }
    g_free(item->settings);
    g_free(item->replay);
    if (item->scenario) {
        sim_scenario_free(item->scenario);
    }
    pthread_mutex_destroy(&item->mutex);
    g_free(item);
}
