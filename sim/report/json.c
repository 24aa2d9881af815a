/* summary.json and manifest.json. Names carry units; what is read back is read by read.c. */
#include <math.h>

#include "report/json_writer.h"
#include "report/render.h"

static void write_estimate(struct sim_json *json, const struct sim_estimate *estimate)
{
    sim_json_number(json, "value", estimate->value);
    sim_json_rounded(json, "low", estimate->has_interval ? estimate->low : NAN);
    sim_json_rounded(json, "high", estimate->has_interval ? estimate->high : NAN);
    sim_json_number(json, "confidence", estimate->confidence);
    sim_json_integer(json, "count", (int64_t)estimate->count);
    if (estimate->is_exact) {
        sim_json_boolean(json, "exact", true);
    }
}

static void write_settings(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "settings", '{', true);
    for (uint32_t i = 0; i < section->setting_count; i++) {
        sim_json_text(json, section->settings[i].name, section->settings[i].value);
    }
    sim_json_close(json, '}');
}

static void write_runs(struct sim_json *json, const struct sim_section *section)
{
    sim_json_integer(json, "runs_asked", section->runs_asked);
    sim_json_open(json, "runs", '[', false);
    for (uint32_t i = 0; i < section->run_count; i++) {
        const struct sim_replication *run = &section->runs[i];
        sim_json_open(json, NULL, '{', true);
        sim_json_u64(json, "seed", run->seed);
        sim_json_hex(json, "digest", run->digest);
        sim_json_u64(json, "events", run->events);
        sim_json_text(json, "ending", sim_ending_names[run->ending]);
        if (run->limit) {
            sim_json_text(json, "limit", run->limit);
            sim_json_number(json, "ended_seconds", sim_time_seconds(run->ended));
        }
        sim_json_boolean(json, "balanced", run->is_balanced);
        if (run->complaint) {
            sim_json_text(json, "complaint", run->complaint);
        }
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_tiers(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "tiers", '[', false);
    for (uint32_t i = 0; i < section->tier_count; i++) {
        const struct sim_tier *tier = &section->tiers[i];
        sim_json_open(json, NULL, '{', true);
        sim_json_text(json, "name", tier->name);
        sim_json_text(json, "model", tier->model);
        sim_json_integer(json, "members", tier->count);
        sim_json_boolean(json, "source", tier->is_source);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_expectations(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "expectations", '[', false);
    for (uint32_t i = 0; i < section->expectation_count; i++) {
        const struct sim_report_expectation *expectation = &section->expectations[i];
        sim_json_open(json, NULL, '{', false);
        sim_json_text(json, "text", expectation->text);
        sim_json_text(json, "verdict", sim_verdict_names[expectation->verdict]);
        sim_json_text(json, "reason", expectation->reason);
        sim_json_integer(json, "line", expectation->line);
        sim_json_number(json, "from_seconds", sim_time_seconds(expectation->window.from));
        sim_json_number(json, "to_seconds", sim_time_seconds(expectation->window.to));
        sim_json_boolean(json, "whole_window", expectation->is_whole);
        sim_json_text(json, "comparison", sim_operator_texts[expectation->comparison]);
        sim_json_number(json, "bound", expectation->bound);
        sim_json_text(json, "unit", sim_unit_name(expectation->unit, expectation->is_rate));
        write_estimate(json, &expectation->estimate);
        sim_json_boolean(json, "single_value", expectation->is_bare);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_figure(struct sim_json *json, const struct sim_section *section,
                         const struct sim_figure *figure)
{
    g_autofree char *name =
        sim_figure_name(figure->metric, figure->aggregate, figure->unit, figure->is_rate);
    sim_json_open(json, NULL, '{', true);
    sim_json_text(json, "tier", section->tiers[figure->group].name);
    if (figure->member != SIM_NONE) {
        sim_json_integer(json, "member", figure->member + 1);
    }
    sim_json_text(json, "name", name);
    sim_json_text(json, "metric", figure->metric);
    sim_json_text(json, "aggregate", figure->aggregate);
    sim_json_text(json, "unit", sim_unit_name(figure->unit, figure->is_rate));
    if (figure->window.from < figure->window.to) {
        sim_json_number(json, "from_seconds", sim_time_seconds(figure->window.from));
        sim_json_number(json, "to_seconds", sim_time_seconds(figure->window.to));
    }
    write_estimate(json, &figure->estimate);
    sim_json_number(json, "observations", figure->observations);
    sim_json_boolean(json, "printable", figure->is_printable);
    sim_json_open(json, "values", '[', true);
    for (uint32_t i = 0; i < figure->value_count; i++) {
        sim_json_number(json, NULL, figure->values[i]);
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

/* A mean of attribution: "slowest_seconds" and the ends of its interval. */
static void write_mean(struct sim_json *json, const char *band, const struct sim_estimate *mean)
{
    const struct {
        const char *name;
        double value;
    } parts[] = {{"", mean->value}, {"low_", mean->low}, {"high_", mean->high}};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *key = g_strdup_printf("%s_%sseconds", band, parts[i].name);
        sim_json_number(json, key, parts[i].value);
    }
}

static void write_attributions(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "attribution", '[', false);
    for (uint32_t i = 0; i < section->attribution_count; i++) {
        const struct sim_attribution_table *table = &section->attributions[i];
        sim_json_open(json, NULL, '{', false);
        sim_json_text(json, "source", section->tiers[table->source].name);
        sim_json_number(json, "operations", table->operations);
        write_mean(json, "slowest_mean", &table->slowest_mean);
        write_mean(json, "median_mean", &table->median_mean);
        sim_json_open(json, "rows", '[', false);
        for (uint32_t r = 0; r < table->row_count; r++) {
            const struct sim_attribution_row *row = &table->rows[r];
            sim_json_open(json, NULL, '{', true);
            sim_json_text(json, "tier", section->tiers[row->group].name);
            sim_json_text(json, "cause", sim_cause_names[row->cause]);
            write_mean(json, "slowest", &row->slowest);
            write_mean(json, "median", &row->median);
            sim_json_close(json, '}');
        }
        sim_json_close(json, ']');
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_estimates(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "estimates", '[', false);
    for (uint32_t i = 0; i < section->estimate_count; i++) {
        const struct sim_report_estimate *estimate = &section->estimates[i];
        sim_json_open(json, NULL, '{', false);
        sim_json_text(json, "name", estimate->name);
        sim_json_text(json, "text", estimate->text);
        sim_json_number(json, "estimate", estimate->value);
        sim_json_text(json, "estimate_unit", estimate->unit);
        if (estimate->figure) {
            sim_json_text(json, "figure", estimate->figure);
            sim_json_text(json, "unit", sim_unit_name(estimate->simulated_unit, estimate->is_rate));
            write_estimate(json, &estimate->simulated);
        }
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_faults(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "faults", '[', false);
    for (uint32_t i = 0; i < section->fault_count; i++) {
        const struct sim_fault_span *fault = &section->faults[i];
        sim_json_open(json, NULL, '{', true);
        sim_json_text(json, "label", fault->label);
        sim_json_number(json, "from_seconds", sim_time_seconds(fault->from));
        sim_json_number(json, "to_seconds", sim_time_seconds(fault->to));
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static const char *const phase_names[SIM_PHASE_COUNT] = {"before", "during", "after"};

static void write_part(struct sim_json *json, const char *name, const struct sim_estimate *estimate)
{
    sim_json_open(json, name, '{', true);
    write_estimate(json, estimate);
    sim_json_close(json, '}');
}

static void write_outages(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, "around_faults", '[', false);
    for (uint32_t i = 0; i < section->outage_count; i++) {
        const struct sim_outage *outage = &section->outages[i];
        sim_json_open(json, NULL, '{', false);
        sim_json_text(json, "fault", outage->label);
        sim_json_text(json, "tier", section->tiers[outage->group].name);
        sim_json_number(json, "from_seconds", sim_time_seconds(outage->from));
        sim_json_number(json, "to_seconds", sim_time_seconds(outage->to));
        for (int phase = 0; phase < SIM_PHASE_COUNT; phase++) {
            write_part(json, phase_names[phase], &outage->success[phase]);
        }
        write_part(json, "gap_seconds", &outage->gap);
        write_part(json, "back_after_seconds", &outage->recovery);
        sim_json_close(json, '}');
    }
    sim_json_close(json, ']');
}

static void write_network(struct sim_json *json, const struct sim_network_totals *network)
{
    sim_json_open(json, "network", '{', true);
    sim_json_u64(json, "messages_count", network->messages);
    sim_json_u64(json, "sent_bytes", network->bytes);
    sim_json_u64(json, "lost_count", network->lost);
    sim_json_u64(json, "cut_count", network->cut);
    sim_json_u64(json, "duplicated_count", network->duplicated);
    sim_json_u64(json, "handshakes_count", network->handshakes);
    sim_json_u64(json, "retransmits_count", network->retransmits);
    sim_json_close(json, '}');
}

static void write_section(struct sim_json *json, const struct sim_section *section)
{
    sim_json_open(json, NULL, '{', false);
    sim_json_text(json, "label", section->label);
    sim_json_text(json, "slug", section->slug);
    sim_json_text(json, "variant", section->variant);
    write_settings(json, section);
    sim_json_hex(json, "hash", section->hash);
    sim_json_hex(json, "digest", section->digest);
    sim_json_number(json, "duration_seconds", sim_time_seconds(section->duration));
    sim_json_number(json, "warmup_seconds", sim_time_seconds(section->warmup));
    sim_json_text(json, "warmup_rule", sim_warmup_rule_names[section->warmup_rule]);
    sim_json_number(json, "cell_seconds", sim_time_seconds(section->cell));
    sim_json_text(json, "intervals_from", section->is_batched ? "batches" : "replications");
    sim_json_boolean(json, "interrupted", section->was_interrupted);
    if (section->precision_wanted > 0.0) {
        sim_json_number(json, "precision_wanted_ratio", section->precision_wanted);
        sim_json_rounded(json, "precision_reached_ratio", section->precision_reached);
    }
    write_runs(json, section);
    write_tiers(json, section);
    write_expectations(json, section);
    sim_json_open(json, "figures", '[', false);
    for (uint32_t i = 0; i < section->figure_count; i++) {
        write_figure(json, section, &section->figures[i]);
    }
    sim_json_close(json, ']');
    sim_json_open(json, "plotted", '[', false);
    for (uint32_t i = 0; i < section->plotted_count; i++) {
        write_figure(json, section, &section->plotted[i]);
    }
    sim_json_close(json, ']');
    write_attributions(json, section);
    write_estimates(json, section);
    write_faults(json, section);
    write_outages(json, section);
    write_network(json, &section->network);
    sim_json_open(json, "notes", '[', false);
    for (uint32_t i = 0; i < section->note_count; i++) {
        sim_json_text(json, NULL, section->notes[i]);
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

static void write_head(struct sim_json *json, const struct sim_report *report)
{
    g_autofree char *file = g_path_get_basename(report->path);
    sim_json_integer(json, "format_version", SIM_REPORT_FORMAT);
    sim_json_text(json, "brink_version", report->version);
    sim_json_text(json, "scenario", report->name);
    sim_json_text(json, "file", file);
    sim_json_text(json, "description", report->description);
    sim_json_u64(json, "seed", report->seed);
    sim_json_text(json, "options", report->options);
    sim_json_text(json, "verdict", sim_verdict_names[sim_report_verdict(report)]);
    sim_json_boolean(json, "interrupted", report->was_interrupted);
}

GString *sim_render_json(const struct sim_report *report)
{
    GString *text = g_string_new(NULL);
    struct sim_json json;
    sim_json_init(&json, text);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "format", "brink summary");
    write_head(&json, report);
    sim_json_open(&json, "results", '[', false);
    for (uint32_t i = 0; i < report->section_count; i++) {
        write_section(&json, &report->sections[i]);
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    return text;
}

GString *sim_render_manifest(const struct sim_report *report, const char *const *files)
{
    GString *text = g_string_new(NULL);
    struct sim_json json;
    sim_json_init(&json, text);
    sim_json_open(&json, NULL, '{', false);
    sim_json_text(&json, "format", "brink manifest");
    write_head(&json, report);
    sim_json_open(&json, "results", '[', false);
    for (uint32_t i = 0; i < report->section_count; i++) {
        const struct sim_section *section = &report->sections[i];
        sim_json_open(&json, NULL, '{', false);
        sim_json_text(&json, "label", section->label);
        sim_json_text(&json, "variant", section->variant);
        write_settings(&json, section);
        sim_json_hex(&json, "hash", section->hash);
        sim_json_hex(&json, "digest", section->digest);
        write_runs(&json, section);
        sim_json_close(&json, '}');
    }
    sim_json_close(&json, ']');
    sim_json_open(&json, "files", '[', false);
    for (size_t i = 0; files[i]; i++) {
        sim_json_text(&json, NULL, files[i]);
    }
    sim_json_close(&json, ']');
    sim_json_close(&json, '}');
    return text;
}
