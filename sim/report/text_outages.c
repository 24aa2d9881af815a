/* The table of what sources got around scheduled faults: before, during, after; how long nobody was
 * served since the fault began, and how soon after its end somebody was.
 */
#include <math.h>

#include "base/text.h"
#include "report/number.h"
#include "report/text.h"

static void add_estimate(struct sim_table *table, const struct sim_estimate *estimate,
                         enum sim_metric_unit unit)
{
    char out[SIM_NUMBER_MAX] = "";
    if (!isnan(estimate->value)) {
        sim_number_value(out, estimate, unit, false);
    }
    sim_table_add(table, out);
}

static void add_row(struct sim_table *table, const struct sim_section *section,
                    const struct sim_outage *outage)
{
    char from[SIM_TEXT_MAX], to[SIM_TEXT_MAX];
    g_autofree char *name = g_strdup_printf("%s, %s to %s", outage->label,
                                            sim_text_duration(from, sim_time_seconds(outage->from)),
                                            sim_text_duration(to, sim_time_seconds(outage->to)));
    sim_table_add(table, name);
    sim_table_add(table, section->tiers[outage->group].name);
    for (int phase = 0; phase < SIM_PHASE_COUNT; phase++) {
        add_estimate(table, &outage->success[phase], SIM_METRIC_RATIO);
    }
    add_estimate(table, &outage->gap, SIM_METRIC_SECONDS);
    add_estimate(table, &outage->recovery, SIM_METRIC_SECONDS);
}

void sim_text_outages(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Around faults", "served",      "before",    "during",
                                        "after",         "longest gap", "back after"};
    struct sim_table table;
    if (section->outage_count == 0) {
        return;
    }
    sim_table_init(&table, "llrrrrr");
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        sim_table_add(&table, heads[i]);
    }
    for (uint32_t i = 0; i < section->outage_count; i++) {
        add_row(&table, section, &section->outages[i]);
    }
    sim_text_gap(text);
    sim_text_table(text, &table);
    sim_table_clear(&table);
}
