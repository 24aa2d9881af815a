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

static bool figure_is(const struct sim_figure *figure, uint32_t group, uint32_t member,
                      const char *metric, const char *aggregate)
{
    return figure->group == group && figure->member == member &&
           strcmp(figure->metric, metric) == 0 && strcmp(figure->aggregate, aggregate) == 0;
}

const struct sim_figure *sim_result_figure(const struct sim_result *result, uint32_t group,
                                           uint32_t member, const char *metric,
                                           const char *aggregate)
{
    for (uint32_t i = 0; i < result->figure_count; i++) {
        if (figure_is(&result->figures[i], group, member, metric, aggregate)) {
            return &result->figures[i];
        }
    }
    return NULL;
}

const struct sim_figure *sim_result_plotted(const struct sim_result *result,
                                            const struct sim_figure_spec *spec,
                                            const char *aggregate)
{
    if (spec->window.from == spec->window.to) {
        return sim_result_figure(result, spec->group, spec->member, spec->metric, aggregate);
    }
    for (uint32_t i = 0; i < result->plotted_count; i++) {
        const struct sim_figure *figure = &result->plotted[i];
        if (figure_is(figure, spec->group, spec->member, spec->metric, aggregate) &&
            figure->window.from == spec->window.from && figure->window.to == spec->window.to) {
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
