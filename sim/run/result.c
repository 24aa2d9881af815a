/* Results: life and look-up. */
#include "run/result.h"

#include <glib.h>
#include <string.h>

void sim_study_free(struct sim_study *study)
{
    if (!study) {
        return;
    }
    for (uint32_t i = 0; i < study->result_count; i++) {
        struct sim_result *result = study->results[i];
        sim_scenario_free(result->scenario);
        sim_kept_history_free(result->history);
        sim_arena_clear(&result->arena);
        g_free(result);
    }
    g_free(study->results);
    g_free(study);
}

const struct sim_figure *sim_result_figure(const struct sim_result *result, uint32_t group,
                                           uint32_t member, const char *metric,
                                           const char *aggregate)
{
    for (uint32_t i = 0; i < result->figure_count; i++) {
        const struct sim_figure *figure = &result->figures[i];
        if (figure->group == group && figure->member == member &&
            strcmp(figure->metric, metric) == 0 && strcmp(figure->aggregate, aggregate) == 0) {
            return figure;
        }
    }
    return NULL;
}

const struct sim_series *sim_result_series(const struct sim_result *result, uint32_t group,
                                           uint32_t member, const char *metric,
                                           const char *aggregate)
{
    for (uint32_t i = 0; i < result->series_count; i++) {
        const struct sim_series *series = &result->series[i];
        if (series->group == group && series->member == member &&
            strcmp(series->metric, metric) == 0 && strcmp(series->aggregate, aggregate) == 0) {
            return series;
        }
    }
    return NULL;
}
