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

/* Of what sessions read of keys that they knew; only sources have sessions. */
static void add_session_shares(struct sim_table *table, const struct sim_section *section,
                               uint32_t tier)
{
    if (total_of(section, tier, "session_reads") > 0.0) {
        sim_text_add_figure(table, section, tier, "went_back", "ratio");
        sim_text_add_figure(table, section, tier, "missed_own", "ratio");
    } else {
        sim_table_add(table, "");
        sim_table_add(table, "");
    }
}

static bool has_sessions(const struct sim_section *section)
{
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (total_of(section, t, "session_reads") > 0.0) {
            return true;
        }
    }
    return false;
}

static void add_row(struct sim_table *table, const struct sim_section *section, uint32_t tier,
                    bool is_of_sessions)
{
    sim_table_add(table, section->tiers[tier].name);
    add_plain(table, section, tier, "versioned", "mean");
    sim_text_add_figure(table, section, tier, "stale", "ratio");
    bool is_any = total_of(section, tier, "stale") > 0.0;
    for (int i = 0; !is_any && i < 3; i++) {
        sim_table_add(table, "");
    }
    if (is_any) {
        sim_text_add_figure(table, section, tier, "staleness", "p50");
        sim_text_add_figure(table, section, tier, "staleness", "p99");
        sim_text_add_figure(table, section, tier, "behind", "mean");
    }
    if (is_of_sessions) {
        add_session_shares(table, section, tier);
    }
}

void sim_text_freshness(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Freshness",    "reads",        "stale",
                                        "stale by p50", "stale by p99", "versions behind",
                                        "went back",    "missed own"};
    struct sim_table table;
    bool is_of_sessions = has_sessions(section);
    sim_table_init(&table, is_of_sessions ? "lrrrrrrr" : "lrrrrr");
    for (size_t i = 0; i < (is_of_sessions ? 8 : 6); i++) {
        sim_table_add(&table, heads[i]);
    }
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (total_of(section, t, "versioned") > 0.0) {
            add_row(&table, section, t, is_of_sessions);
        }
    }
    if (!sim_table_is_empty(&table)) {
        sim_text_gap(text);
        sim_text_table(text, &table);
    }
    sim_table_clear(&table);
}
