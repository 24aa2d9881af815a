/* The tables of one section: latency, requests, resources, attribution, estimates, notes. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/number.h"
#include "report/text.h"

static void add_heads(struct sim_table *table, const char *const *heads)
{
    for (size_t i = 0; heads[i]; i++) {
        sim_table_add(table, heads[i]);
    }
}

/* Prints under its heading what is more than heads, and clears it. */
static void finish_table(const struct sim_text *text, struct sim_table *table, const char *heading)
{
    if (!sim_table_is_empty(table)) {
        sim_table_drop_empty(table);
        if (heading) {
            sim_text_heading(text, 3, heading);
        } else {
            sim_text_gap(text);
        }
        sim_text_table(text, table);
    }
    sim_table_clear(table);
}

static double value_of(const struct sim_section *section, uint32_t tier, const char *metric,
                       const char *aggregate)
{
    const struct sim_figure *figure = sim_section_figure(section, tier, metric, aggregate);
    return figure ? figure->estimate.value : NAN;
}

static bool has_requests(const struct sim_section *section, uint32_t tier)
{
    return value_of(section, tier, "issued", "total") > 0.0;
}

/* Latency and requests */

/* The greatest over all runs, where the figure is that of a run. */
static double greatest_of(const struct sim_figure *figure)
{
    double greatest = figure->estimate.value;
    for (uint32_t i = 0; i < figure->value_count; i++) {
        greatest = i == 0 || figure->values[i] > greatest ? figure->values[i] : greatest;
    }
    return greatest;
}

static void add_plain_figure(struct sim_table *table, const struct sim_section *section,
                             uint32_t tier, const char *metric, const char *aggregate)
{
    const struct sim_figure *figure = sim_section_figure(section, tier, metric, aggregate);
    char out[SIM_NUMBER_MAX] = "-";
    if (figure) {
        double value = strcmp(aggregate, "max") == 0 ? greatest_of(figure) : figure->estimate.value;
        sim_number_plain(out, value, figure->unit, figure->is_rate);
    }
    sim_table_add(table, out);
}

static void print_latency(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Latency", "p50",   "p90",  "p99",
                                        "p99.9",   "mean*", "max*", NULL};
    struct sim_table table;
    sim_table_init(&table, "lrrrrrr");
    add_heads(&table, heads);
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (has_requests(section, t)) {
            sim_table_add(&table, section->tiers[t].name);
            sim_text_add_figure(&table, section, t, "latency", "p50");
            sim_text_add_figure(&table, section, t, "latency", "p90");
            sim_text_add_figure(&table, section, t, "latency", "p99");
            sim_text_add_figure(&table, section, t, "latency", "p99.9");
            sim_text_add_figure(&table, section, t, "latency.answered", "mean");
            add_plain_figure(&table, section, t, "latency.answered", "max");
        }
    }
    bool is_empty = sim_table_is_empty(&table);
    finish_table(text, &table, NULL);
    if (!is_empty) {
        sim_text_paragraph(text, "  * of answered requests; percentiles count a failed one as "
                                 "never answered");
    }
}

/* Calls made per request received: what retries and fan-out multiply. */
static void add_calls(struct sim_table *table, const struct sim_section *section, uint32_t tier)
{
    double calls =
        value_of(section, tier, "attempts", "total") / value_of(section, tier, "issued", "total");
    char out[SIM_NUMBER_MAX] = "";
    if (calls > 0.0) {
        sim_number_plain(out, calls, SIM_METRIC_ITEMS, false);
    }
    sim_table_add(table, out);
}

static void print_requests(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Requests",     "issued", "goodput",    "succeeded",
                                        "good seconds", "open",   "calls each", NULL};
    struct sim_table table;
    sim_table_init(&table, "lrrrrrr");
    add_heads(&table, heads);
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (has_requests(section, t)) {
            sim_table_add(&table, section->tiers[t].name);
            add_plain_figure(&table, section, t, "issued", "mean");
            sim_text_add_figure(&table, section, t, "goodput", "mean");
            sim_text_add_figure(&table, section, t, "success", "ratio");
            add_plain_figure(&table, section, t, "availability.windows", "ratio");
            add_plain_figure(&table, section, t, "open", "mean");
            add_calls(&table, section, t);
        }
    }
    finish_table(text, &table, NULL);
}

/* Kinds of failure by tier, of its requests; kinds that never occur have no column. */
static void print_failures(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const kinds[] = {"rejected", "error", "unavailable", "refused", "timeout",
                                        "expired",  "lost",  "unfinished",  NULL};
    struct sim_table table;
    sim_table_init(&table, "lrrrrrrrr");
    sim_table_add(&table, "Failures");
    add_heads(&table, kinds);
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (!(value_of(section, t, "failed", "total") > 0.0)) {
            continue;
        }
        sim_table_add(&table, section->tiers[t].name);
        for (size_t i = 0; kinds[i]; i++) {
            char share[SIM_NUMBER_MAX] = "";
            double value = value_of(section, t, kinds[i], "ratio");
            if (value > 0.0) {
                sim_number_plain(share, value, SIM_METRIC_RATIO, false);
            }
            sim_table_add(&table, share);
        }
    }
    finish_table(text, &table, NULL);
}

/* Own metrics */

static bool is_standard(const char *metric)
{
    for (size_t i = 0; sim_ledger_ratios[i]; i++) {
        if (strcmp(sim_ledger_ratios[i], metric) == 0) {
            return true;
        }
    }
    return strcmp(metric, "latency.answered") == 0 || sim_standard_metric_find(metric);
}

void sim_section_own_metrics(const struct sim_section *section, uint32_t tier, sim_own_visit visit,
                             void *data)
{
    for (uint32_t i = 0; i < section->figure_count; i++) {
        const struct sim_figure *figure = &section->figures[i];
        if (figure->group != tier || figure->member != SIM_NONE ||
            strcmp(figure->aggregate, "mean") != 0 || is_standard(figure->metric)) {
            continue;
        }
        enum sim_own_kind kind = SIM_OWN_LEVEL;
        if (sim_section_figure(section, tier, figure->metric, "p50")) {
            kind = SIM_OWN_SAMPLE;
        } else if (sim_section_figure(section, tier, figure->metric, "total")) {
            kind = SIM_OWN_COUNT;
        }
        visit(section, tier, figure->metric, kind, data);
    }
}

static void add_name(struct sim_table *table, const struct sim_section *section, uint32_t tier,
                     const char *metric)
{
    g_autofree char *name = g_strdup_printf("%s %s", section->tiers[tier].name, metric);
    sim_table_add(table, name);
}

struct own_tables {
    struct sim_table levels, samples, counts;
};

static void add_own(const struct sim_section *section, uint32_t tier, const char *metric,
                    enum sim_own_kind kind, void *data)
{
    struct own_tables *tables = data;
    switch (kind) {
    case SIM_OWN_LEVEL:
        if (!(value_of(section, tier, metric, "max") > 0.0)) {
            break; /* never in use */
        }
        add_name(&tables->levels, section, tier, metric);
        sim_text_add_figure(&tables->levels, section, tier, metric, "mean");
        add_plain_figure(&tables->levels, section, tier, metric, "max");
        break;
    case SIM_OWN_SAMPLE:
        if (!(value_of(section, tier, metric, "max") > 0.0)) {
            break; /* never any, or never more than nothing */
        }
        add_name(&tables->samples, section, tier, metric);
        sim_text_add_figure(&tables->samples, section, tier, metric, "p50");
        sim_text_add_figure(&tables->samples, section, tier, metric, "p99");
        sim_text_add_figure(&tables->samples, section, tier, metric, "mean");
        add_plain_figure(&tables->samples, section, tier, metric, "max");
        break;
    case SIM_OWN_COUNT:
        if (value_of(section, tier, metric, "total") > 0.0) {
            add_name(&tables->counts, section, tier, metric);
            sim_text_add_figure(&tables->counts, section, tier, metric, "mean");
            sim_text_add_figure(&tables->counts, section, tier, metric, "ratio");
            add_plain_figure(&tables->counts, section, tier, metric, "total");
        }
        break;
    }
}

static void print_own(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const level_heads[] = {"Resources", "mean", "max", NULL};
    static const char *const sample_heads[] = {
        "Times and sizes", "p50", "p99", "mean", "max", NULL};
    static const char *const count_heads[] = {"Events", "rate", "share", "a run", NULL};
    struct own_tables tables;
    sim_table_init(&tables.levels, "lrr");
    sim_table_init(&tables.samples, "lrrrr");
    sim_table_init(&tables.counts, "lrrr");
    add_heads(&tables.levels, level_heads);
    add_heads(&tables.samples, sample_heads);
    add_heads(&tables.counts, count_heads);
    for (uint32_t t = 0; t < section->tier_count; t++) {
        sim_section_own_metrics(section, t, add_own, &tables);
    }
    finish_table(text, &tables.levels, NULL);
    finish_table(text, &tables.samples, NULL);
    finish_table(text, &tables.counts, NULL);
}

/* Attribution */

#define ATTRIBUTION_LEAST 0.01 /* of the mean of either band: smaller parts are summed up */

static void add_part(struct sim_table *table, const struct sim_estimate *part,
                     const struct sim_estimate *whole)
{
    char seconds[SIM_NUMBER_MAX], share[SIM_NUMBER_MAX];
    sim_number_text(seconds, part, SIM_METRIC_SECONDS, false);
    double percent = whole->value > 0.0 ? 100.0 * part->value / whole->value : 0.0;
    g_snprintf(share, sizeof(share), percent >= 0.95 || percent == 0.0 ? "%.0f %%" : "%.1f %%",
               percent);
    sim_table_add(table, seconds);
    sim_table_add(table, share);
}

#define ATTRIBUTION_NOISE 1e-9 /* of the whole: what subtraction leaves of nothing */

static void add_rest(struct sim_table *table, double rest, const struct sim_estimate *whole)
{
    bool is_nothing = rest < ATTRIBUTION_NOISE * whole->value;
    struct sim_estimate part = {.value = is_nothing ? 0.0 : rest, .is_exact = true};
    add_part(table, &part, whole);
}

static void print_attribution(const struct sim_text *text, const struct sim_section *section,
                              const struct sim_attribution_table *from)
{
    static const char *const heads[] = {"", "slowest 1 %", "", "median", "", NULL};
    const struct sim_estimate *slowest = &from->slowest_mean, *median = &from->median_mean;
    struct sim_table table;
    sim_table_init(&table, "lrrrr");
    add_heads(&table, heads);
    double slowest_rest = slowest->value, median_rest = median->value;
    for (uint32_t i = 0; i < from->row_count; i++) {
        const struct sim_attribution_row *row = &from->rows[i];
        if (row->slowest.value < ATTRIBUTION_LEAST * slowest->value &&
            row->median.value < ATTRIBUTION_LEAST * median->value) {
            continue;
        }
        add_name(&table, section, row->group, sim_cause_names[row->cause]);
        add_part(&table, &row->slowest, slowest);
        add_part(&table, &row->median, median);
        slowest_rest -= row->slowest.value;
        median_rest -= row->median.value;
    }
    if (slowest_rest > 1e-3 * slowest->value || median_rest > 1e-3 * median->value) {
        sim_table_add(&table, "the rest");
        add_rest(&table, slowest_rest, slowest);
        add_rest(&table, median_rest, median);
    }
    sim_table_add(&table, "in all");
    add_part(&table, slowest, slowest);
    add_part(&table, median, median);
    g_autofree char *heading = g_strdup_printf("Where the time of %s goes, of answered requests",
                                               section->tiers[from->source].name);
    finish_table(text, &table, heading);
}

/* Estimates, faults, network, notes */

static void print_estimates(const struct sim_text *text, const struct sim_section *section)
{
    static const char *const heads[] = {"Estimate", "on paper", "simulated", "", NULL};
    struct sim_table table;
    sim_table_init(&table, "lrrl");
    add_heads(&table, heads);
    for (uint32_t i = 0; i < section->estimate_count; i++) {
        const struct sim_report_estimate *estimate = &section->estimates[i];
        char simulated[SIM_NUMBER_MAX] = "";
        if (estimate->figure) {
            sim_number_text(simulated, &estimate->simulated, estimate->simulated_unit,
                            estimate->is_rate);
        }
        sim_table_add(&table, estimate->name);
        sim_table_add(&table, estimate->text);
        sim_table_add(&table, simulated);
        sim_table_add(&table, estimate->figure ? estimate->figure : "");
    }
    finish_table(text, &table, NULL);
}

#define FAULTS_SHOWN 8

static void print_faults(const struct sim_text *text, const struct sim_section *section)
{
    if (section->fault_count == 0) {
        return;
    }
    sim_text_heading(text, 3, section->run_count > 1 ? "Faults of the first run" : "Faults");
    for (uint32_t i = 0; i < section->fault_count && i < FAULTS_SHOWN; i++) {
        char from[SIM_TEXT_MAX], length[SIM_TEXT_MAX];
        const struct sim_fault_span *fault = &section->faults[i];
        sim_text_duration(from, sim_time_seconds(fault->from));
        sim_text_duration(length, sim_time_seconds(fault->to - fault->from));
        bool is_to_the_end = fault->to >= section->duration;
        g_autofree char *item =
            is_to_the_end ? g_strdup_printf("%s: from %s to the end", fault->label, from)
                          : g_strdup_printf("%s: from %s, for %s", fault->label, from, length);
        sim_text_item(text, item);
    }
    if (section->fault_count > FAULTS_SHOWN) {
        g_autofree char *item = g_strdup_printf("and %u more", section->fault_count - FAULTS_SHOWN);
        sim_text_item(text, item);
    }
}

static void append_count(GString *out, uint64_t count, const char *what)
{
    char number[SIM_TEXT_MAX];
    if (count > 0) {
        g_string_append_printf(out, ", %s %s", sim_text_count(number, (double)count), what);
    }
}

static void print_network(const struct sim_text *text, const struct sim_section *section)
{
    const struct sim_network_totals *network = &section->network;
    if (network->messages == 0) {
        return;
    }
    char messages[SIM_TEXT_MAX], bytes[SIM_TEXT_MAX];
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "\nNetwork, all runs: %s messages, %s",
                           sim_text_count(messages, (double)network->messages),
                           sim_text_bytes(bytes, (double)network->bytes));
    append_count(line, network->lost, "lost");
    append_count(line, network->cut, "cut off");
    append_count(line, network->duplicated, "duplicated");
    append_count(line, network->handshakes, "handshakes");
    append_count(line, network->retransmits, "sent again");
    sim_text_paragraph(text, line->str);
}

static void print_notes(const struct sim_text *text, const struct sim_section *section)
{
    if (section->note_count > 0) {
        sim_text_heading(text, 3, "Assumed, not modelled, or otherwise than asked");
    }
    for (uint32_t i = 0; i < section->note_count; i++) {
        sim_text_item(text, section->notes[i]);
    }
}

/* What is the same in every section is said once, after all of them. */

static bool has_same_estimates(const struct sim_section *a, const struct sim_section *b)
{
    bool is_same = a->estimate_count == b->estimate_count;
    for (uint32_t i = 0; is_same && i < a->estimate_count; i++) {
        is_same = strcmp(a->estimates[i].name, b->estimates[i].name) == 0 &&
                  strcmp(a->estimates[i].text, b->estimates[i].text) == 0 &&
                  !a->estimates[i].figure && !b->estimates[i].figure;
    }
    return is_same;
}

static bool has_same_faults(const struct sim_section *a, const struct sim_section *b)
{
    bool is_same = a->fault_count == b->fault_count;
    for (uint32_t i = 0; is_same && i < a->fault_count; i++) {
        is_same = strcmp(a->faults[i].label, b->faults[i].label) == 0 &&
                  a->faults[i].from == b->faults[i].from && a->faults[i].to == b->faults[i].to;
    }
    return is_same;
}

static bool has_same_notes(const struct sim_section *a, const struct sim_section *b)
{
    bool is_same = a->note_count == b->note_count;
    for (uint32_t i = 0; is_same && i < a->note_count; i++) {
        is_same = strcmp(a->notes[i], b->notes[i]) == 0;
    }
    return is_same;
}

typedef bool (*same)(const struct sim_section *a, const struct sim_section *b);

static bool is_shared(const struct sim_report *report, same is_same)
{
    for (uint32_t s = 1; s < report->section_count; s++) {
        if (!is_same(&report->sections[0], &report->sections[s])) {
            return false;
        }
    }
    return true;
}

void sim_text_shared(const struct sim_text *text)
{
    const struct sim_section *first = &text->report->sections[0];
    bool has_heading = text->report->section_count > 1;
    bool has_estimates = is_shared(text->report, has_same_estimates) && first->estimate_count > 0;
    bool has_faults = is_shared(text->report, has_same_faults) && first->fault_count > 0;
    bool has_notes = is_shared(text->report, has_same_notes) && first->note_count > 0;
    if (has_heading && (has_estimates || has_faults || has_notes)) {
        sim_text_heading(text, 2, "For all of them");
    }
    if (has_estimates) {
        print_estimates(text, first);
    }
    if (has_faults) {
        print_faults(text, first);
    }
    if (has_notes) {
        print_notes(text, first);
    }
}

bool sim_section_is_busy_source(const struct sim_section *section, uint32_t tier, uint32_t most)
{
    double own = value_of(section, tier, "issued", "total");
    uint32_t busier = 0;
    for (uint32_t t = 0; t < section->tier_count; t++) {
        double issued = value_of(section, t, "issued", "total");
        busier += section->tiers[t].is_source && (issued > own || (issued == own && t < tier));
    }
    return section->tiers[tier].is_source && busier < most;
}

/* Of more sources than this, the busiest alone are attributed in the summary. */
#define ATTRIBUTED_MOST 3

void sim_text_section(const struct sim_text *text, const struct sim_section *section,
                      bool is_labelled)
{
    if (is_labelled) {
        sim_text_heading(text, 2, section->label[0] ? section->label : "(as written)");
    }
    print_latency(text, section);
    print_requests(text, section);
    print_failures(text, section);
    sim_text_outages(text, section);
    sim_text_freshness(text, section);
    print_own(text, section);
    for (uint32_t i = 0; i < section->attribution_count; i++) {
        if (sim_section_is_busy_source(section, section->attributions[i].source, ATTRIBUTED_MOST)) {
            print_attribution(text, section, &section->attributions[i]);
        }
    }
    if (!is_shared(text->report, has_same_estimates)) {
        print_estimates(text, section);
    }
    print_network(text, section);
    if (!is_shared(text->report, has_same_faults)) {
        print_faults(text, section);
    }
    if (!is_shared(text->report, has_same_notes)) {
        print_notes(text, section);
    }
}
