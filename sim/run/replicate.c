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
    guint count = sim_check_evidence_count(result);
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

static void keep_piece(struct sim_record *record, const GArray *piece)
{
    record->piece_count = piece->len;
    record->piece = sim_arena_array(&record->arena, struct sim_history_entry, piece->len);
    memcpy(record->piece, piece->data, piece->len * sizeof *record->piece);
}

/* Where nobody wrote, whatever was read tells nothing. */
static bool has_writes(const struct sim_history *history)
{
    uint64_t i = 0;
    while (i < history->count && history->entries[i].function == SIM_HISTORY_READ) {
        i++;
    }
    return i < history->count || history->dropped > 0;
}

static struct sim_finding judge_claim(struct sim_record *record, struct sim_check_input *input,
                                      const struct sim_check_claim *claim)
{
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_judge(input, claim, &limits, &result);
    struct sim_finding finding = {.verdict = result.verdict};
    if (result.verdict == SIM_CHECK_YES && !has_writes(&input->history)) {
        finding = (struct sim_finding){SIM_CHECK_UNKNOWN, "nobody wrote anything"};
    } else if (result.because != NULL) {
        g_autofree char *evidence = evidence_of(input, &result);
        finding.evidence = sim_arena_strdup(&record->arena, evidence);
    }
    if (result.piece != NULL && record->piece == NULL) {
        keep_piece(record, result.piece);
    }
    sim_check_result_clear(&result);
    return finding;
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
            record->findings[i] = earlier < i ? record->findings[earlier]
                                              : judge_claim(record, input, &expectation->claim);
        }
    }
}

static void copy_faults(struct sim_record *record, const struct sim_world *world)
{
    record->fault_count = sim_world_fault_count(world);
    record->faults = sim_arena_array(&record->arena, struct sim_fault_span, record->fault_count);
    for (uint32_t f = 0; f < record->fault_count; f++) {
        record->faults[f] = *sim_world_fault(world, f);
        const char *label = record->faults[f].label ? record->faults[f].label : "fault";
        record->faults[f].label = sim_arena_strdup(&record->arena, label);
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
    record->replication.ended = limit ? sim_world_now(world) : 0;
    record->is_finished = true;
    pthread_mutex_lock(&item->mutex);
    sim_totals_add(&item->totals, item->plan, world, index);
    pthread_mutex_unlock(&item->mutex);
}

void sim_case_replicate(struct sim_case *item, uint32_t index,
                        const struct sim_run_options *options, bool is_traced)
{
    struct sim_record *record = &item->records[index];
    bool is_recorded = item->scenario->has_claims || options->keeps_histories;
    sim_record_init(record, item->plan);
    record->replication.seed = sim_replication_seed(item->scenario->seed, index);
    struct sim_check_input seen = {.has_initial = true,
                                   .has_times = true,
                                   .value_bits = SIM_HISTORY_VALUE_BITS,
                                   .process_bits = SIM_HISTORY_PROCESS_BITS};
    sim_history_init(&seen.history, HISTORY_MAX);
    struct sim_world_options world_options = {
        .seed = record->replication.seed,
        .axis = &item->plan->axis,
        .trace = is_traced ? options->trace : NULL,
        .trace_data = options->trace_data,
        .stop = options->stop,
        .is_attributing = true,
        .history = is_recorded ? &seen.history : NULL,
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
        if (is_recorded) {
            copy_faults(record, world);
        }
        sim_record_compare(record, item->scenario, world);
    }
    sim_world_free(world);
    if (record->is_finished && item->scenario->has_claims) {
        judge_history(record, item->scenario, &seen);
    }
    if (record->is_finished && is_recorded) {
        uint64_t most = options->keeps_histories ? HISTORY_MAX : SIM_HISTORY_KEPT_MAX;
        sim_case_keep(item, index, record, &seen.history, most);
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
    sim_kept_history_free(item->kept);
    if (item->scenario) {
        sim_scenario_free(item->scenario);
    }
    pthread_mutex_destroy(&item->mutex);
    g_free(item);
}
