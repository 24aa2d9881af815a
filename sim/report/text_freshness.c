/* The table of stale reads: a row for each tier that answered reads with versions. */
#include "report/number.h"
#include "report/text.h"

static double total_of(const struct sim_section *section, uint32_t tier, const char *metric)
{
    const struct sim_figure *figure = sim_section_figure(section, tier, metric, "total");
    return figure ? figure->estimate.value : 0.0;
}

static void add_plain(struct sim_table *table, const struct sim_section *section, uint32_t tier,
                      const char *metric, const char *aggregate)
{
    const struct sim_figure *figure = sim_section_figure(section, tier, metric, aggregate);
    char out[SIM_NUMBER_MAX] = "-";
    if (figure) {
        sim_number_plain(out, figure->estimate.value, figure->unit, figure->is_rate);
    }
    sim_table_add(table, out);
}

void sim_text_freshness(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Freshness",    "reads",           "stale", "stale by p50",
                                        "stale by p99", "versions behind", NULL};
    struct sim_table table;
    sim_table_init(&table, "lrrrrr");
    for (size_t i = 0; heads[i]; i++) {
        sim_table_add(&table, heads[i]);
    }
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (!(total_of(section, t, "versioned") > 0.0)) {
            continue;
        }
        sim_table_add(&table, section->tiers[t].name);
        add_plain(&table, section, t, "versioned", "mean");
        sim_text_add_figure(&table, section, t, "stale", "ratio");
        bool is_any = total_of(section, t, "stale") > 0.0;
        for (int i = 0; !is_any && i < 3; i++) {
            sim_table_add(&table, "");
        }
        if (is_any) {
            sim_text_add_figure(&table, section, t, "staleness", "p50");
            sim_text_add_figure(&table, section, t, "staleness", "p99");
            sim_text_add_figure(&table, section, t, "behind", "mean");
        }
    }
    if (!sim_table_is_empty(&table)) {
        sim_text_gap(text);
        sim_text_table(text, &table);
    }
    sim_table_clear(&table);
}
