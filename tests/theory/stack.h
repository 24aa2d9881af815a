/* Closed forms through the whole stack: a scenario of scenarios/validation is run as a user runs
 * it, and its figures are held against exact values.
 *
 * A case passes when, for every figure, half the width of the run's own 99 % interval and the
 * difference to the exact value are both within the tolerance (1 % of the exact value where none is
 * stated), and the difference is also no stranger than SURPRISE standard errors: a bias that is
 * smaller than the tolerance must not hide in it.
 *
 * Beside that, each case pins its first figure to the last bit in pinned.csv: the seed is fixed, so
 * any change of it is a change of behaviour. `test_stack --update` rewrites the rows of that
 * program and prints what changed.
 */
#ifndef TESTS_THEORY_STACK_H
#define TESTS_THEORY_STACK_H

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "models.h"
#include "run/study.h"

#define STACK_TOLERANCE 0.01
#define SURPRISE 5.0
#define STACK_PINNED BRINK_SOURCE_DIR "/tests/theory/pinned.csv"

/* What a figure must be. */
struct stack_check {
    const char *figure; /* "users.latency p99"; NULL ends a list */
    double exact;
    double absolute; /* tolerance; 0 = STACK_TOLERANCE of the exact value */
};

struct stack_pins {
    GHashTable *known; /* of the file: case to text of the value */
    GPtrArray *names;  /* in the order of the file */
    bool is_updating;
};

static struct stack_pins stack_pins;

/* --- Running ------------------------------------------------------------------------------------
 */

/* "load=0.5 servers=2" into at most `most` settings; the texts belong to `words`. */
static inline uint32_t stack_settings(char **words, struct sim_setting *settings, uint32_t most)
{
    uint32_t count = 0;
    for (; words[count] != NULL; count++) {
        char *equals = strchr(words[count], '=');
        g_assert_nonnull(equals);
        g_assert_cmpuint(count, <, most);
        *equals = '\0';
        settings[count] = (struct sim_setting){words[count], equals + 1};
    }
    return count;
}

/* Runs the scenario at `path`; all books must balance and no run may have been cut short. */
static inline struct sim_study *stack_run_path(const char *path, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    struct sim_setting settings[16];
    struct sim_run_options options = {
        .models = sim_models,
        .path = path,
        .settings = settings,
        .setting_count = stack_settings(words, settings, 16),
        .jobs = 2,
    };
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(&options, &problems);
    if (study == NULL) {
        sim_problems_print(&problems, stderr);
        g_error("%s: does not load", path);
    }
    sim_problems_clear(&problems);
    for (uint32_t i = 0; i < study->result_count; i++) {
        const struct sim_result *result = study->results[i];
        for (uint32_t r = 0; r < result->replication_count; r++) {
            g_assert_null(result->replications[r].complaint);
            g_assert_true(result->replications[r].ending != SIM_ENDING_LIMIT);
        }
    }
    return study;
}

/* The same of scenarios/validation/NAME.lua. */
static inline struct sim_study *stack_run(const char *name, const char *text)
{
    g_autofree char *path =
        g_strdup_printf("%s/scenarios/validation/%s.lua", BRINK_SOURCE_DIR, name);
    return stack_run_path(path, text);
}

/* The estimate of "group.metric aggregate", from the summary or from an expectation. */
static inline const struct sim_estimate *stack_estimate(const struct sim_result *result,
                                                        const char *text)
{
    const char *point = strchr(text, '.');
    const char *blank = strrchr(text, ' ');
    g_assert_true(point != NULL && blank != NULL && point < blank);
    g_autofree char *group_name = g_strndup(text, (gsize)(point - text));
    g_autofree char *metric = g_strndup(point + 1, (gsize)(blank - point - 1));
    uint32_t group = 0, member = 0;
    if (!sim_scenario_find_group(result->scenario, group_name, &group, &member)) {
        g_error("%s: no node %s", text, group_name);
    }
    const struct sim_figure *figure = sim_result_figure(result, group, member, metric, blank + 1);
    if (figure != NULL) {
        return &figure->estimate;
    }
    for (uint32_t i = 0; i < result->judgement_count; i++) {
        const struct sim_judgement *judgement = &result->judgements[i];
        if (g_strcmp0(judgement->expectation->figure.text, text) == 0) {
            return &judgement->estimate;
        }
    }
    g_error("%s: no such figure", text);
}

/* --- Checking -----------------------------------------------------------------------------------
 */

/* Half the 99 % interval and the standard error, from the 95 % interval that is reported. */
static inline void stack_spread(const struct sim_estimate *estimate, double *ret_half,
                                double *ret_error)
{
    double degrees = (double)estimate->count - 1.0;
    double half = (estimate->high - estimate->low) / 2.0;
    *ret_error = half / sim_student(estimate->confidence, degrees);
    *ret_half = *ret_error * sim_student(0.99, degrees);
}

static inline bool stack_holds(const char *name, const struct sim_result *result,
                               const struct stack_check *check)
{
    const struct sim_estimate *estimate = stack_estimate(result, check->figure);
    double allowed = check->absolute > 0.0 ? check->absolute : STACK_TOLERANCE * check->exact;
    double half = 0.0, error = 0.0;
    stack_spread(estimate, &half, &error);
    double difference = fabs(estimate->value - check->exact);
    bool is_right = estimate->has_interval && half < allowed && difference < allowed &&
                    difference < SURPRISE * error;
    g_test_message("%s %s: %.6g for %.6g; of the tolerance: interval %.2f, difference %.2f (%.1f "
                   "standard errors)",
                   name, check->figure, estimate->value, check->exact, half / allowed,
                   difference / allowed, difference / error);
    if (!is_right) {
        g_printerr("%s: %s is %.9g +- %.2g (99 %%), must be %.9g within %.2g\n", name,
                   check->figure, estimate->value, half, check->exact, allowed);
    }
    return is_right;
}

/* --- Pins ---------------------------------------------------------------------------------------
 */

static inline void stack_pins_read(int argc, char **argv)
{
    stack_pins.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    stack_pins.names = g_ptr_array_new_with_free_func(g_free);
    stack_pins.is_updating = argc > 1 && strcmp(argv[1], "--update") == 0;
    g_autofree char *text = NULL;
    if (!g_file_get_contents(STACK_PINNED, &text, NULL, NULL)) {
        return;
    }
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (size_t i = 1; lines[i] != NULL; i++) {
        char *comma = strrchr(lines[i], ',');
        g_assert_nonnull(comma);
        *comma = '\0';
        g_ptr_array_add(stack_pins.names, g_strdup(lines[i]));
        g_hash_table_replace(stack_pins.known, g_strdup(lines[i]), g_strdup(comma + 1));
    }
}

static inline void stack_pins_write(void)
{
    if (stack_pins.is_updating) {
        g_autoptr(GString) text = g_string_new("case,value\n");
        for (guint i = 0; i < stack_pins.names->len; i++) {
            const char *name = stack_pins.names->pdata[i];
            const char *value = g_hash_table_lookup(stack_pins.known, name);
            g_string_append_printf(text, "%s,%s\n", name, value);
        }
        g_assert_true(g_file_set_contents(STACK_PINNED, text->str, -1, NULL));
    }
    g_hash_table_unref(stack_pins.known);
    g_ptr_array_unref(stack_pins.names);
}

/* The value must be the pinned one to the last bit. */
static inline void stack_pin(const char *name, double value)
{
    char text[SIM_TEXT_MAX];
    sim_text_double(text, value);
    const char *pinned = g_hash_table_lookup(stack_pins.known, name);
    if (!stack_pins.is_updating) {
        g_assert_cmpstr(pinned, ==, text);
    } else if (g_strcmp0(pinned, text) != 0) {
        g_printerr("%s: %s -> %s\n", name, pinned ? pinned : "(new)", text);
        if (pinned == NULL) {
            g_ptr_array_add(stack_pins.names, g_strdup(name));
        }
        g_hash_table_replace(stack_pins.known, g_strdup(name), g_strdup(text));
    }
}

/* --- A case -------------------------------------------------------------------------------------
 */

/* Runs `scenario` under `settings` and asserts every check of the list and the pin of the first. */
static inline void stack_case(const char *scenario, const char *settings,
                              const struct stack_check *checks)
{
    g_autofree char *name = g_strdup_printf("%s %s", scenario, settings);
    struct sim_study *study = stack_run(scenario, settings);
    g_assert_cmpuint(study->result_count, ==, 1);
    const struct sim_result *result = study->results[0];
    bool is_right = true;
    for (const struct stack_check *check = checks; check->figure != NULL; check++) {
        is_right = stack_holds(name, result, check) && is_right;
    }
    g_assert_true(is_right);
    stack_pin(name, stack_estimate(result, checks[0].figure)->value);
    sim_study_free(study);
}

#endif
