/* brink history: judges histories that were recorded elsewhere. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "check/read.h"
#include "command/command.h"
#include "report/json_writer.h"

#define FILE_BYTES_MAX ((gsize)1 << 31)
#define READ_BYTES 65536u /* at a time */
#define SHOWN_MAX 24u     /* operations of the evidence, in words */

struct history_arguments {
    gboolean is_json, is_quiet;
    char *model, *level;
    int64_t steps;
};

/* ---- reading ---- */

static bool read_model(const char *name, enum sim_check_model *model)
{
    for (int i = 0; sim_check_model_names[i] != NULL; i++) {
        if (strcmp(sim_check_model_names[i], name) == 0) {
            *model = (enum sim_check_model)i;
            return true;
        }
    }
    const char *nearest = sim_text_nearest(name, sim_check_model_names);
    g_autofree char *all = g_strjoinv(", ", (char **)sim_check_model_names);
    sim_command_complain("--model: there is no model '%s'%s%s%s; there are: %s", name,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?)" : "", all);
    return false;
}

static bool read_level(const char *name, struct sim_check_claim *claim)
{
    if (name == NULL || sim_check_claim_parse(name, claim)) {
        return true;
    }
    g_auto(GStrv) names = sim_check_claim_names();
    const char *nearest = sim_text_nearest(name, (const char *const *)names);
    g_autofree char *all = g_strjoinv(", ", names);
    sim_command_complain("--level: there is no level '%s'%s%s%s; there are: %s", name,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?)" : "", all);
    return false;
}

/* All of a file, or of a pipe, up to more than is allowed: not all of them end. NULL: `errno` says
 * why. */
static GString *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    GString *text = file == NULL ? NULL : g_string_new(NULL);
    size_t count = 1;
    while (text != NULL && count > 0 && text->len <= FILE_BYTES_MAX) {
        char piece[READ_BYTES];
        errno = 0;
        count = fread(piece, 1, sizeof piece, file);
        g_string_append_len(text, piece, (gssize)count);
    }
    int trouble = errno;
    if (text != NULL && ferror(file) != 0) {
        g_string_free(text, TRUE);
        text = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    errno = trouble;
    return text;
}

/* SIM_EXIT_GOOD, or what is to be said of the file was said. `model` may be NULL. */
static int read_file(const char *path, const enum sim_check_model *model,
                     struct sim_check_input *input)
{
    GString *text = read_all(path);
    if (text == NULL) {
        sim_command_complain("%s: %s", path,
                             errno == ENOENT ? "there is no such file" : g_strerror(errno));
        return SIM_EXIT_IO;
    }
    if (text->len > FILE_BYTES_MAX) {
        g_string_free(text, TRUE);
        sim_command_complain("%s: larger than 2 GiB", path);
        return SIM_EXIT_USAGE;
    }
    g_autofree char *trouble = sim_check_read(text->str, text->len, input);
    g_string_free(text, TRUE);
    if (trouble != NULL) {
        sim_command_complain("%s: %s", path, trouble);
        return SIM_EXIT_USAGE;
    }
    g_autofree char *otherwise = model != NULL ? sim_check_read_as(input, *model) : NULL;
    if (otherwise != NULL) {
        sim_command_complain("%s: --model: %s", path, otherwise);
        sim_check_input_clear(input);
        return SIM_EXIT_USAGE;
    }
    return SIM_EXIT_GOOD;
}

/* ---- telling ---- */

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void tell_evidence(GString *out, const struct sim_check_input *input,
                          const struct sim_check_result *result)
{
    g_string_append_printf(out, "  %s, %s:\n", result->because,
                           result->is_minimal ? "of which nothing can be left out"
                                              : "perhaps more than need be");
    guint count = sim_check_evidence_count(result);
    guint first = count > SHOWN_MAX ? count - SHOWN_MAX : 0;
    if (first > 0) {
        g_string_append_printf(out, "    %u more before these: see --json\n", first);
    }
    for (guint i = first; i < count; i++) {
        g_autofree char *words = sim_check_describe(input, result, i);
        g_string_append_printf(out, "    %s\n", words);
    }
}

static void tell(GString *out, const char *path, const struct sim_check_claim *claim,
                 const struct sim_check_input *input, const struct sim_check_result *result)
{
    g_autofree char *name = sim_check_claim_name(claim);
    g_string_append_printf(out, "%s\n  %s: %s\n", path, name,
                           sim_check_verdict_names[result->verdict]);
    if (sim_check_evidence_count(result) > 0) {
        tell_evidence(out, input, result);
    } else if (result->because != NULL) {
        g_string_append_printf(out, "  %s\n", result->because);
    }
    if (input->transactions != NULL) {
        g_string_append_printf(out, "  %" G_GUINT64_FORMAT " transaction%s judged\n",
                               result->operations, plural(result->operations));
        return;
    }
    g_string_append_printf(out,
                           "  %s, %" G_GUINT64_FORMAT " operation%s of %" G_GUINT64_FORMAT
                           " key%s judged, %" G_GUINT64_FORMAT " step%s\n",
                           sim_check_model_names[input->model], result->operations,
                           plural(result->operations), result->keys, plural(result->keys),
                           result->steps, plural(result->steps));
}

static void tell_json(struct sim_json *json, const char *path, const struct sim_check_claim *claim,
                      const struct sim_check_input *input, const struct sim_check_result *result)
{
    g_autofree char *name = sim_check_claim_name(claim);
    sim_json_open(json, NULL, '{', false);
    sim_json_text(json, "file", path);
    sim_json_text(json, "model", sim_check_model_names[input->model]);
    sim_json_text(json, "level", name);
    sim_json_text(json, "verdict", sim_check_verdict_names[result->verdict]);
    if (result->because != NULL) {
        sim_json_text(json, "because", result->because);
    }
    sim_json_integer(json, "operations", (int64_t)result->operations);
    sim_json_integer(json, "keys", (int64_t)result->keys);
    sim_json_integer(json, "steps", (int64_t)result->steps);
    sim_json_open(json, "evidence", '[', false);
    for (guint i = 0; i < sim_check_evidence_count(result); i++) {
        g_autofree char *words = sim_check_describe(input, result, i);
        sim_json_text(json, NULL, words);
    }
    sim_json_close(json, ']');
    sim_json_close(json, '}');
}

/* ---- all files ---- */

static int exit_of(enum sim_check_verdict verdict)
{
    return verdict == SIM_CHECK_YES  ? SIM_EXIT_GOOD
           : verdict == SIM_CHECK_NO ? SIM_EXIT_FAILED
                                     : SIM_EXIT_INCONCLUSIVE;
}

/* What weighs more: a file that could not be read, then a wrong history, then one undecided. */
static int worse(int a, int b)
{
    static const int order[] = {SIM_EXIT_IO, SIM_EXIT_USAGE, SIM_EXIT_FAILED,
                                SIM_EXIT_INCONCLUSIVE};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return SIM_EXIT_GOOD;
}

static int judge(const char *path, const struct history_arguments *arguments, GString *out,
                 struct sim_json *json)
{
    struct sim_check_input input;
    enum sim_check_model model;
    if (arguments->model != NULL && !read_model(arguments->model, &model)) {
        return SIM_EXIT_USAGE;
    }
    int code = read_file(path, arguments->model != NULL ? &model : NULL, &input);
    if (code != SIM_EXIT_GOOD) {
        return code;
    }
    struct sim_check_claim claim = {.level = input.transactions != NULL ? SIM_CHECK_SERIALIZABLE
                                                                        : SIM_CHECK_LINEARIZABLE};
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    if (arguments->steps > 0) {
        limits.steps_max = (uint64_t)arguments->steps;
    }
    if (!read_level(arguments->level, &claim)) {
        sim_check_input_clear(&input);
        return SIM_EXIT_USAGE;
    }
    sim_check_judge(&input, &claim, &limits, &result);
    if (arguments->is_json) {
        tell_json(json, path, &claim, &input, &result);
    } else {
        tell(out, path, &claim, &input, &result);
    }
    code = exit_of(result.verdict);
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
    return code;
}

static int judge_all(int count, char **paths, const struct history_arguments *arguments)
{
    GString *out = g_string_new(NULL);
    struct sim_json json;
    int code = SIM_EXIT_GOOD;
    sim_json_init(&json, out);
    if (arguments->is_json) {
        sim_json_open(&json, NULL, '[', false);
    }
    for (int i = 0; i < count; i++) {
        code = worse(code, judge(paths[i], arguments, out, &json));
    }
    if (arguments->is_json) {
        sim_json_close(&json, ']');
    }
    int printed = arguments->is_quiet ? SIM_EXIT_GOOD : sim_command_print(out->str);
    g_string_free(out, TRUE);
    return printed == SIM_EXIT_GOOD ? code : printed;
}

static int command_history(const struct sim_command *command, int argc, char **argv,
                           const struct sim_program *program)
{
    (void)program;
    struct history_arguments arguments = {0};
    const GOptionEntry entries[] = {
        {"model", 0, 0, G_OPTION_ARG_STRING, &arguments.model,
         "What they are of, such as set or register: other operations are refused (default: as "
         "the file says)",
         "NAME"},
        {"level", 0, 0, G_OPTION_ARG_STRING, &arguments.level,
         "What they may be, such as causal or monotonic-reads (default: linearizable; transactions "
         "serializable)",
         "NAME"},
        {"steps", 0, 0, G_OPTION_ARG_INT64, &arguments.steps,
         "Steps of the search for each file (default: 20 million)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments.is_json, "Prints JSON", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments.is_quiet, "Prints nothing but trouble",
         NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    int count = sim_command_parse(command, entries, &argc, &argv, 1, INT_MAX, &code);
    if (count >= 0) {
        code = judge_all(count, argv + 1, &arguments);
    }
    g_free(arguments.model);
    g_free(arguments.level);
    return code;
}

const struct sim_command sim_command_history = {
    .name = "history",
    .arguments = "FILE...",
    .summary = "judge recorded histories: how consistent are they?",
    .details =
        "A FILE is a log of Jepsen, a list of EDN maps (:process, :type, :f, :value, :key), or\n"
        "numbered calls. Exit code 0: all are what --level says; 1: one is not, and the smallest "
        "piece of it that\n"
        "is wrong by itself is shown; 4: one could not be decided within the limits.\n"
        "\n"
        "Examples:\n"
        "  brink history jepsen.log\n"
        "  brink history store/*/history.edn --json\n"
        "  brink history store/*/history.edn --level monotonic-reads\n",
    .run = command_history,
};
