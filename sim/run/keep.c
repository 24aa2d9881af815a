/* Which run's history is kept, of all replications of a case: the first that contradicts a claim,
 * else the first that could not be decided, else the first. Which thread came first does not show.
 */
#include <glib.h>

#include "run/case.h"

enum { WEIGHT_RIGHT, WEIGHT_UNDECIDED, WEIGHT_WRONG };

static int weight_of(const struct sim_record *record, const struct sim_scenario *scenario)
{
    int weight = WEIGHT_RIGHT;
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        if (scenario->expectations[i].kind == SIM_EXPECT_CLAIM) {
            enum sim_check_verdict verdict = record->findings[i].verdict;
            int own = verdict == SIM_CHECK_NO        ? WEIGHT_WRONG
                      : verdict == SIM_CHECK_UNKNOWN ? WEIGHT_UNDECIDED
                                                     : WEIGHT_RIGHT;
            weight = MAX(weight, own);
        }
    }
    return weight;
}

static struct sim_kept_history *make_kept(uint32_t index, const struct sim_record *record,
                                          struct sim_history *history, uint64_t most)
{
    struct sim_kept_history *kept = g_new0(struct sim_kept_history, 1);
    kept->run = index;
    kept->operations = history->count + history->dropped;
    if (kept->operations <= most) {
        kept->history = *history;
        sim_history_init(history, history->count_max);
    }
    kept->piece_count = record->piece_count;
    kept->piece = g_memdup2(record->piece, record->piece_count * sizeof *record->piece);
    kept->fault_count = record->fault_count;
    kept->faults = g_memdup2(record->faults, record->fault_count * sizeof *record->faults);
    for (uint32_t f = 0; f < kept->fault_count; f++) {
        kept->faults[f].label = g_strdup(record->faults[f].label);
    }
    return kept;
}

void sim_case_keep(struct sim_case *item, uint32_t index, const struct sim_record *record,
                   struct sim_history *history, uint64_t most)
{
    int weight = weight_of(record, item->scenario);
    pthread_mutex_lock(&item->mutex);
    const struct sim_kept_history *kept = item->kept;
    if (kept == NULL || weight > item->kept_weight ||
        (weight == item->kept_weight && index < kept->run)) {
        sim_kept_history_free(item->kept);
        item->kept = make_kept(index, record, history, most);
        item->kept_weight = weight;
    }
    pthread_mutex_unlock(&item->mutex);
}

void sim_kept_history_free(struct sim_kept_history *kept)
{
    if (kept == NULL) {
        return;
    }
    for (uint32_t f = 0; f < kept->fault_count; f++) {
        g_free((char *)kept->faults[f].label);
    }
    g_free(kept->faults);
    g_free(kept->piece);
    sim_history_clear(&kept->history);
    g_free(kept);
}
