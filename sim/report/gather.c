/* Makes a report of a study that has just run. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/report.h"

#ifndef BRINK_VERSION
#define BRINK_VERSION "0.0.0"
#endif

/* Texts made of parts, owned by the report. */
static char *keep(struct sim_arena *arena, char *text)
{
    char *kept = sim_arena_strdup(arena, text);
    g_free(text);
    return kept;
}

static char *keep_string(struct sim_arena *arena, GString *string)
{
    return keep(arena, g_string_free(string, FALSE));
}

static const char *label_of(struct sim_arena *arena, const struct sim_result *result)
{
    GString *label = g_string_new(result->scenario->variant ? result->scenario->variant : "");
    for (uint32_t i = 0; i < result->setting_count; i++) {
        g_autofree char *value = sim_setting_plain(result->settings[i].value);
        g_string_append_printf(label, "%s%s = %s", label->len > 0 ? ", " : "",
                               result->settings[i].name, value);
    }
    return keep_string(arena, label);
}

/* Letters, digits and single dashes. Two labels that differ in other signs alone are told apart by
 * the section's number. */
static const char *slug_of(struct sim_arena *arena, const char *label, uint32_t number,
                           bool is_single)
{
    GString *slug = g_string_new(NULL);
    for (const char *c = label; *c && slug->len < 60; c++) {
        if (g_ascii_isalnum(*c)) {
            g_string_append_c(slug, g_ascii_tolower(*c));
        } else if (slug->len > 0 && slug->str[slug->len - 1] != '-') {
            g_string_append_c(slug, '-');
        }
    }
    while (slug->len > 0 && slug->str[slug->len - 1] == '-') {
        g_string_truncate(slug, slug->len - 1);
    }
    if (!is_single) {
        g_string_append_printf(slug, "%s%u", slug->len > 0 ? "-" : "", number + 1);
    }
    return keep_string(arena, slug);
}

static void gather_tiers(struct sim_section *section, struct sim_arena *arena,
                         const struct sim_world_spec *world)
{
    struct sim_tier *tiers = sim_arena_array(arena, struct sim_tier, world->group_count);
    for (uint32_t g = 0; g < world->group_count; g++) {
        tiers[g] = (struct sim_tier){
            .name = world->groups[g].name,
            .model = world->groups[g].model->name,
            .count = world->groups[g].count,
            .is_source = world->groups[g].model->traits & SIM_MODEL_SOURCE,
        };
    }
    section->tiers = tiers;
    section->tier_count = world->group_count;
}

static void gather_expectations(struct sim_section *section, struct sim_arena *arena,
                                const struct sim_result *result)
{
    struct sim_report_expectation *expectations =
        sim_arena_array(arena, struct sim_report_expectation, result->judgement_count);
    for (uint32_t i = 0; i < result->judgement_count; i++) {
        const struct sim_judgement *judgement = &result->judgements[i];
        expectations[i] = (struct sim_report_expectation){
            .text = judgement->expectation->text,
            .line = judgement->expectation->line,
            .verdict = judgement->verdict,
            .is_bare = judgement->is_bare,
            .window = judgement->window,
            .is_whole = judgement->window.from == result->warmup &&
                        judgement->window.to == section->duration,
            .comparison = judgement->expectation->comparison,
            .bound = judgement->expectation->bound,
            .estimate = judgement->estimate,
            .unit = judgement->unit,
            .is_rate = judgement->is_rate,
            .reason = judgement->reason,
        };
    }
    section->expectations = expectations;
    section->expectation_count = result->judgement_count;
}

static const struct sim_figure *figure_of(const struct sim_result *result, struct sim_arena *arena,
                                          const struct sim_figure_spec *spec)
{
    char number[SIM_TEXT_MAX];
    static const char *const names[] = {"", "mean", "max", "min", "ratio", "total"};
    const char *aggregate = names[spec->aggregate];
    if (spec->aggregate == SIM_AGGREGATE_QUANTILE) {
        sim_text_rounded(number, spec->quantile * 100.0, 12);
        aggregate = keep(arena, g_strdup_printf("p%s", number));
    }
    return sim_result_figure(result, spec->group, spec->member, spec->metric, aggregate);
}

static void gather_estimates(struct sim_section *section, struct sim_arena *arena,
                             const struct sim_result *result)
{
    const struct sim_scenario *scenario = result->scenario;
    struct sim_report_estimate *estimates =
        sim_arena_array(arena, struct sim_report_estimate, scenario->estimate_count);
    for (uint32_t i = 0; i < scenario->estimate_count; i++) {
        const struct sim_estimate_line *line = &scenario->estimates[i];
        estimates[i] = (struct sim_report_estimate){
            .name = line->name, .text = line->text, .unit = line->unit, .value = line->value};
        estimates[i].simulated.value = NAN;
        const struct sim_figure *figure =
            line->figure.metric ? figure_of(result, arena, &line->figure) : NULL;
        if (figure) {
            estimates[i].figure = line->figure.text;
            estimates[i].simulated = figure->estimate;
            estimates[i].simulated_unit = figure->unit;
            estimates[i].is_rate = figure->is_rate;
        }
    }
    section->estimates = estimates;
    section->estimate_count = scenario->estimate_count;
}

/* Notes */

static void note_warmup(GPtrArray *notes, const struct sim_section *section)
{
    char text[SIM_TEXT_MAX];
    switch (section->warmup_rule) {
    case SIM_WARMUP_GIVEN:
        break;
    case SIM_WARMUP_CUT:
        sim_text_duration(text, sim_time_seconds(section->warmup));
        g_ptr_array_add(notes, section->warmup == 0
                                   ? g_strdup("warm-up: nothing needs to be cut off, by MSER-5 on "
                                              "a pilot run")
                                   : g_strdup_printf("warm-up: the first %s are cut off, by MSER-5 "
                                                     "on a pilot run",
                                                     text));
        break;
    case SIM_WARMUP_UNSETTLED:
        g_ptr_array_add(notes, g_strdup("warm-up: no steady state was found within the run, so "
                                        "nothing is cut off"));
        break;
    case SIM_WARMUP_SCHEDULED:
        g_ptr_array_add(notes, g_strdup("warm-up: nothing is cut off, as something is scheduled "
                                        "in time"));
        break;
    }
}

static void note_sources(GPtrArray *notes, const struct sim_section *section)
{
    for (uint32_t t = 0; t < section->tier_count; t++) {
        if (section->tiers[t].is_source) {
            return;
        }
    }
    g_ptr_array_add(notes, g_strdup("no clients: nobody asks for anything"));
}

static void note_network(GPtrArray *notes, const struct sim_world_spec *world)
{
    if (!world->network.is_given) {
        g_ptr_array_add(notes, g_strdup("no network block: links take no time and lose nothing"));
    } else if (world->network.source) {
        g_ptr_array_add(notes, g_strdup_printf("network: %s", world->network.source));
    }
    bool has_disk = false, has_cores = false;
    for (uint32_t m = 0; m < world->machine_count; m++) {
        has_disk = has_disk || world->machines[m].disk.is_given;
        has_cores = has_cores || world->machines[m].cores > 0;
    }
    if (!has_disk) {
        g_ptr_array_add(notes, g_strdup("no disks: reading, writing and fsync take no time beyond "
                                        "what the models say"));
    }
    if (!has_cores) {
        g_ptr_array_add(notes, g_strdup("no cores: machines are never short of processor; servers "
                                        "and slots are what limits"));
    }
}

/* Whether nothing is in it at the start: by the parameter of that name, which such stores share. */
static bool begins_empty(const struct sim_group_spec *group)
{
    for (const struct sim_param *param = group->model->params; param->name; param++) {
        if (strcmp(param->name, "keys") == 0 && param->type == SIM_PARAM_INTEGER) {
            return *(const int64_t *)(const void *)((const char *)group->params + param->offset) ==
                   0;
        }
    }
    return false;
}

/* A cache before such a store has nothing to keep, which is easily missed, since finding nothing is
 * no failure. */
static void note_keys(GPtrArray *notes, const struct sim_world_spec *world)
{
    GString *names = g_string_new(NULL);
    for (uint32_t g = 0; g < world->group_count; g++) {
        const struct sim_group_spec *group = &world->groups[g];
        if ((group->model->traits & SIM_MODEL_STORE) != 0 && begins_empty(group)) {
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", group->name);
        }
    }
    if (names->len > 0) {
        g_ptr_array_add(
            notes,
            g_strdup_printf("keys = 0: nothing is there at the start, and reads find only what "
                            "was written: %s",
                            names->str));
    }
    g_string_free(names, TRUE);
}

static void note_runs(GPtrArray *notes, const struct sim_section *section)
{
    for (uint32_t r = 0; r < section->run_count; r++) {
        const struct sim_replication *run = &section->runs[r];
        if (run->ending == SIM_ENDING_DRAINED) {
            g_ptr_array_add(notes, g_strdup_printf("run %u ended with requests still open; they "
                                                   "count as failed",
                                                   r + 1));
        }
    }
    if (section->run_count < section->runs_asked) {
        g_ptr_array_add(notes, g_strdup_printf("interrupted: %u of %u runs were finished",
                                               section->run_count, section->runs_asked));
    }
    if (section->precision_reached > section->precision_wanted && section->precision_wanted > 0.0) {
        char wanted[SIM_TEXT_MAX], reached[SIM_TEXT_MAX];
        sim_text_percent(wanted, section->precision_wanted);
        sim_text_percent(reached, section->precision_reached);
        g_ptr_array_add(notes,
                        g_strdup_printf("precision: %s was wanted, %s was reached after %u runs",
                                        wanted, reached, section->run_count));
    }
}

static void note_history(GPtrArray *notes, const struct sim_result *result)
{
    const struct sim_kept_history *kept = result->history;
    if (kept != NULL && kept->operations > kept->history.count) {
        g_ptr_array_add(notes, g_strdup_printf("the history of run %u has %" G_GUINT64_FORMAT
                                               " operations and is not written: brink run "
                                               "--history writes up to a million",
                                               kept->run + 1, kept->operations));
    }
}

static void gather_notes(struct sim_section *section, struct sim_arena *arena,
                         const struct sim_result *result)
{
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    note_runs(notes, section);
    note_sources(notes, section);
    note_warmup(notes, section);
    note_network(notes, &result->scenario->world);
    note_keys(notes, &result->scenario->world);
    note_history(notes, result);
    const char **kept = sim_arena_array(arena, const char *, notes->len);
    for (uint32_t i = 0; i < notes->len; i++) {
        kept[i] = sim_arena_strdup(arena, g_ptr_array_index(notes, i));
    }
    section->notes = kept;
    section->note_count = notes->len;
}

static void gather_section(struct sim_section *section, struct sim_arena *arena,
                           const struct sim_result *result, uint32_t number, bool is_single)
{
    const struct sim_scenario *scenario = result->scenario;
    const char *label = label_of(arena, result);
    *section = (struct sim_section){
        .label = label,
        .slug = slug_of(arena, label, number, is_single),
        .variant = scenario->variant,
        .setting_count = result->setting_count,
        .settings = result->settings,
        .hash = scenario->hash,
        .digest = result->digest,
        .duration = scenario->world.duration,
        .warmup = result->warmup,
        .cell = result->cell,
        .warmup_rule = result->warmup_rule,
        .is_batched = result->is_batched,
        .was_interrupted = result->was_interrupted,
        .precision_wanted = scenario->precision,
        .precision_reached = result->precision_reached,
        .runs_asked = result->replications_asked,
        .run_count = result->replication_count,
        .runs = result->replications,
        .figure_count = result->figure_count,
        .figures = result->figures,
        .plotted_count = result->plotted_count,
        .plotted = result->plotted,
        .attribution_count = result->attribution_count,
        .attributions = result->attributions,
        .fault_count = result->fault_count,
        .faults = result->faults,
        .outage_count = result->outage_count,
        .outages = result->outages,
        .network = result->network,
        .result = result,
    };
    gather_tiers(section, arena, &scenario->world);
    gather_expectations(section, arena, result);
    gather_estimates(section, arena, result);
    gather_notes(section, arena, result);
}

/* A word of a command line, quoted where a shell would take it apart. */
static void append_word(GString *text, const char *word)
{
    if (strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                     "_-+=./,:@%") == strlen(word)) {
        g_string_append(text, word);
        return;
    }
    g_autofree char *quoted = g_shell_quote(word);
    g_string_append(text, quoted);
}

static const char *options_of(struct sim_arena *arena, const struct sim_scenario *scenario,
                              const struct sim_report_command *command)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "--seed %" G_GUINT64_FORMAT, (guint64)scenario->seed);
    if (command->runs > 0) {
        g_string_append_printf(text, " --runs %u", command->runs);
    }
    for (uint32_t i = 0; i < command->setting_count; i++) {
        g_autofree char *setting =
            g_strdup_printf("%s=%s", command->settings[i].name, command->settings[i].value);
        g_string_append(text, " --set ");
        append_word(text, setting);
    }
    if (command->variant) {
        g_string_append(text, " --variant ");
        append_word(text, command->variant);
    }
    return keep_string(arena, text);
}

struct sim_report *sim_report_of(const struct sim_study *study,
                                 const struct sim_report_command *command)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct sim_report *report = sim_arena_new(&arena, struct sim_report);
    const struct sim_scenario *scenario = study->results[0]->scenario;
    struct sim_section *sections = sim_arena_array(&arena, struct sim_section, study->result_count);
    for (uint32_t i = 0; i < study->result_count; i++) {
        gather_section(&sections[i], &arena, study->results[i], i, study->result_count == 1);
    }
    *report = (struct sim_report){
        .version = BRINK_VERSION,
        .name = scenario->name,
        .path = scenario->path,
        .description = scenario->description,
        .seed = scenario->seed,
        .options = options_of(&arena, scenario, command),
        .was_interrupted = study->was_interrupted,
        .section_count = study->result_count,
        .sections = sections,
        .study = study,
    };
    report->arena = arena;
    return report;
}
