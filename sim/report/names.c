/* Names that files carry, and small questions to a report. */
#include <string.h>

#include "base/text.h"
#include "report/report.h"

const char *const sim_verdict_names[3] = {"pass", "fail", "inconclusive"};
const char *const sim_warmup_rule_names[4] = {"given", "mser5", "unsettled", "scheduled"};
const char *const sim_ending_names[4] = {"done", "drained", "limit", "interrupted"};
const char *const sim_operator_texts[5] = {"<", "<=", ">", ">=", "=="};

const char *sim_unit_name(enum sim_metric_unit unit, bool is_rate)
{
    switch (unit) {
    case SIM_METRIC_EVENTS:
        return is_rate ? "per_second" : "count";
    case SIM_METRIC_ITEMS:
        return is_rate ? "per_second" : "items";
    case SIM_METRIC_RATIO:
        return "ratio";
    case SIM_METRIC_SECONDS:
        return "seconds";
    case SIM_METRIC_BYTES:
        break;
    }
    return is_rate ? "bytes_per_second" : "bytes";
}

char *sim_setting_plain(const char *value)
{
    size_t length = strlen(value);
    bool is_quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"' &&
                     !memchr(value + 1, '"', length - 2) && !memchr(value, '\\', length);
    return is_quoted ? g_strndup(value + 1, length - 2) : g_strdup(value);
}

char *sim_figure_name(const char *metric, const char *aggregate, enum sim_metric_unit unit,
                      bool is_rate)
{
    const char *unit_name = sim_unit_name(unit, is_rate);
    bool is_said = strcmp(aggregate, unit_name) == 0; /* "errors ratio" */
    char *name = is_said ? g_strdup_printf("%s_%s", metric, unit_name)
                         : g_strdup_printf("%s_%s_%s", metric, aggregate, unit_name);
    return g_strdelimit(name, ".- ", '_');
}

char *sim_section_cut(const struct sim_section *section)
{
    uint32_t count = 0;
    uint32_t first = 0;
    for (uint32_t r = section->run_count; r-- > 0;) {
        if (section->runs[r].ending == SIM_ENDING_LIMIT) {
            first = r;
            count++;
        }
    }
    if (count == 0) {
        return NULL;
    }
    const struct sim_replication *run = &section->runs[first];
    char at[SIM_TEXT_MAX], duration[SIM_TEXT_MAX];
    sim_text_duration(at, sim_time_seconds(run->ended));
    sim_text_duration(duration, sim_time_seconds(section->duration));
    return g_strdup_printf("%u of %u runs ended early by a limit: run %u at %s of %s, %s; figures "
                           "are of the time before",
                           count, section->run_count, first + 1, at, duration,
                           run->limit ? run->limit : "unknown");
}

enum sim_verdict sim_report_verdict(const struct sim_report *report)
{
    enum sim_verdict worst = SIM_PASS;
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        g_autofree char *cut = sim_section_cut(section);
        worst = cut ? SIM_INCONCLUSIVE : worst;
        for (uint32_t i = 0; i < section->expectation_count; i++) {
            enum sim_verdict verdict = section->expectations[i].verdict;
            if (verdict == SIM_FAIL) {
                return SIM_FAIL;
            }
            worst = verdict == SIM_INCONCLUSIVE ? SIM_INCONCLUSIVE : worst;
        }
    }
    return worst;
}

bool sim_report_is_balanced(const struct sim_report *report)
{
    for (uint32_t s = 0; s < report->section_count; s++) {
        const struct sim_section *section = &report->sections[s];
        for (uint32_t r = 0; r < section->run_count; r++) {
            if (!section->runs[r].is_balanced) {
                return false;
            }
        }
    }
    return true;
}

const struct sim_figure *sim_section_figure(const struct sim_section *section, uint32_t tier,
                                            const char *metric, const char *aggregate)
{
    for (uint32_t i = 0; i < section->figure_count; i++) {
        const struct sim_figure *figure = &section->figures[i];
        if (figure->group == tier && figure->member == SIM_NONE &&
            strcmp(figure->metric, metric) == 0 && strcmp(figure->aggregate, aggregate) == 0) {
            return figure;
        }
    }
    return NULL;
}

void sim_report_free(struct sim_report *report)
{
    if (report) {
        struct sim_arena arena = report->arena; /* the report itself lives in it */
        sim_arena_clear(&arena);
    }
}
