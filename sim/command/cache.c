/* brink cache: replays a trace through eviction policies, without a world. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/capacities.h"
#include "command/command.h"
#include "report/replay.h"

#define JOBS_MAX 1024
#define POLICIES_MAX 10 /* columns of a table */
#define ZIPF "zipf:"
#define REQUESTS_MAX 1e12

struct cache_arguments {
    char *policy, *capacity, *key, *bytes, *seed, *out;
    int jobs;
    gboolean is_json, is_quiet;
    uint64_t seed_number;
    uint32_t policy_count;
    const char *policies[POLICIES_MAX + 1];
    struct sim_capacities capacities;
};

/* ---- arguments ---- */

static const char *policy_named(const char *name, const struct sim_replay_caches *caches)
{
    for (size_t i = 0; caches->policies[i] != NULL; i++) {
        if (strcmp(caches->policies[i], name) == 0) {
            return caches->policies[i];
        }
    }
    const char *nearest = sim_text_nearest(name, caches->policies);
    g_autofree char *all = g_strjoinv(", ", (char **)caches->policies);
    sim_command_complain("--policy: no policy '%s'%s%s%s; there are: all, %s", name,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?)" : "", all);
    return NULL;
}

static bool parse_policies(struct cache_arguments *arguments,
                           const struct sim_replay_caches *caches)
{
    bool is_all = !arguments->policy || strcmp(arguments->policy, "all") == 0;
    g_auto(GStrv) names =
        is_all ? g_strdupv((char **)caches->policies) : g_strsplit(arguments->policy, ",", -1);
    for (size_t i = 0; names[i] != NULL; i++) {
        const char *name = policy_named(g_strstrip(names[i]), caches);
        if (!name) {
            return false;
        }
        if (!g_strv_contains(arguments->policies, name)) {
            if (arguments->policy_count == POLICIES_MAX) {
                sim_command_complain("--policy: expected at most %d at once", POLICIES_MAX);
                return false;
            }
            arguments->policies[arguments->policy_count++] = name;
        }
    }
    if (arguments->policy_count == 0) {
        sim_command_complain("--policy: expected all, or names with commas between");
    }
    return arguments->policy_count > 0;
}

static bool parse_capacities(struct cache_arguments *arguments)
{
    const char *text = arguments->capacity ? arguments->capacity : "0.1%..50%/9";
    g_autofree char *trouble =
        sim_capacities_parse(text, arguments->bytes != NULL, &arguments->capacities);
    if (trouble) {
        sim_command_complain("%s", trouble);
    }
    return trouble == NULL;
}

static bool parse_arguments(struct cache_arguments *arguments,
                            const struct sim_replay_caches *caches)
{
    arguments->seed_number = 1;
    if (arguments->seed && !g_ascii_string_to_unsigned(arguments->seed, 10, 0, UINT64_MAX,
                                                       &arguments->seed_number, NULL)) {
        sim_command_complain("--seed '%s': expected a whole number from 0 to 2^64 - 1",
                             arguments->seed);
        return false;
    }
    if (arguments->jobs < 0 || arguments->jobs > JOBS_MAX) {
        sim_command_complain("--jobs %d: expected 1 to %d", arguments->jobs, JOBS_MAX);
        return false;
    }
    return parse_policies(arguments, caches) && parse_capacities(arguments);
}

static void arguments_clear(struct cache_arguments *arguments)
{
    g_free(arguments->policy);
    g_free(arguments->capacity);
    g_free(arguments->key);
    g_free(arguments->bytes);
    g_free(arguments->seed);
    g_free(arguments->out);
}

/* ---- the trace ---- */

struct zipf_number {
    const char *name;
    double least, most;
    bool is_whole;
    double value;
};

/* One NAME=VALUE. */
static bool parse_zipf_number(const char *text, struct zipf_number *numbers, size_t count)
{
    const char *equals = strchr(text, '=');
    enum sim_unit unit = SIM_UNIT_NONE;
    for (size_t i = 0; equals && i < count; i++) {
        struct zipf_number *number = &numbers[i];
        if (strlen(number->name) != (size_t)(equals - text) ||
            strncmp(number->name, text, strlen(number->name)) != 0) {
            continue;
        }
        if (sim_text_parse(equals + 1, &number->value, &unit) && unit == SIM_UNIT_NONE &&
            number->value >= number->least && number->value <= number->most &&
            (!number->is_whole || number->value == floor(number->value))) {
            return true;
        }
        sim_command_complain("'%s': expected %s from %g to %g", text,
                             number->is_whole ? "a whole number" : "a number", number->least,
                             number->most);
        return false;
    }
    sim_command_complain("'%s': expected n, exponent or requests, as in "
                         "zipf:n=1e6,exponent=1,requests=1e7",
                         text);
    return false;
}

static struct sim_requests *open_zipf(const char *text, uint64_t seed)
{
    struct zipf_number numbers[] = {{"n", 1.0, (double)SIM_ZIPF_OBJECTS_MAX, true, 1e6},
                                    {"exponent", 0.0, 100.0, false, 1.0},
                                    {"requests", 1.0, REQUESTS_MAX, true, 1e7}};
    g_auto(GStrv) parts = g_strsplit(text + strlen(ZIPF), ",", -1);
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (!parse_zipf_number(g_strstrip(parts[i]), numbers, G_N_ELEMENTS(numbers))) {
            return NULL;
        }
    }
    return sim_requests_zipf((uint64_t)numbers[0].value, numbers[1].value,
                             (uint64_t)numbers[2].value, seed);
}

/* "shop" of "data/shop.csv". Caller frees. */
static char *name_of(const char *path)
{
    if (strcmp(path, "-") == 0) {
        return g_strdup("trace");
    }
    g_autofree char *base =
        g_str_has_prefix(path, ZIPF) ? g_strdup(path) : g_path_get_basename(path);
    if (g_str_has_suffix(base, ".csv") && strlen(base) > strlen(".csv")) {
        base[strlen(base) - strlen(".csv")] = '\0';
    }
    return g_utf8_make_valid(base, -1);
}

static char *default_folder(const char *name)
{
    g_autofree char *part = g_strdup(name);
    g_strcanon(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", '-');
    return g_build_filename("output", part[0] != '\0' && part[0] != '.' ? part : "trace", NULL);
}

/* ---- progress and speed ---- */

static int64_t clock_us(void)
{
    return g_get_monotonic_time();
}

static void show_progress(uint64_t requests, void *data)
{
    (void)data;
    fprintf(stderr, "\r\x1b[K%.0f million requests", (double)requests / 1e6);
    fflush(stderr);
}

/* Chatter: it differs from run to run, so it is in no result. */
static void tell_speed(const struct sim_replay_result *result)
{
    g_autoptr(GString) text = g_string_new("requests/s:");
    for (uint32_t p = 0; p < result->policy_count; p++) {
        int64_t spent_us = 0;
        for (uint32_t c = 0; c < result->capacity_count; c++) {
            spent_us += sim_replay_row_at(result, p, c)->spent_us;
        }
        double requests = (double)result->trace.requests * result->capacity_count;
        g_string_append_printf(text, "%s %s %.1f million", p > 0 ? "," : "",
                               sim_replay_row_at(result, p, 0)->policy,
                               requests / (double)(spent_us > 0 ? spent_us : 1));
    }
    fprintf(stderr, "%s\n", text->str);
}

/* ---- the replay ---- */

static int exit_of(const GError *error)
{
    if (g_error_matches(error, SIM_REPLAY_ERROR, SIM_REPLAY_STOPPED)) {
        return SIM_EXIT_INTERRUPTED;
    }
    return g_error_matches(error, SIM_REQUESTS_ERROR, SIM_REQUESTS_UNREADABLE) ? SIM_EXIT_IO
                                                                               : SIM_EXIT_USAGE;
}

static int deliver(const struct sim_replay_result *result, const struct sim_replay_source *source,
                   const struct cache_arguments *arguments)
{
    g_autofree char *folder =
        arguments->out ? g_strdup(arguments->out) : default_folder(source->name);
    g_autofree char *unpictured = NULL;
    g_autoptr(GError) error = NULL;
    int code = SIM_EXIT_GOOD;
    bool is_recorded = sim_replay_write(result, source, folder, &unpictured, &error);
    if (arguments->is_json || !arguments->is_quiet) {
        GString *text =
            arguments->is_json ? sim_replay_json(result, source) : sim_replay_text(result, source);
        if (is_recorded && !arguments->is_json) {
            g_string_append_printf(text, "\nfiles in %s\n", folder);
        }
        code = sim_command_print(text->str);
        g_string_free(text, TRUE);
    }
    if (!is_recorded) {
        sim_command_complain("%s", error->message);
        return SIM_EXIT_IO;
    }
    if (!arguments->is_quiet) {
        if (unpictured) {
            sim_command_complain("%s", unpictured);
        }
        tell_speed(result);
    }
    return code;
}

/* Resolves shares of the objects, which takes a pass of its own, and replays. */
static struct sim_replay_result *replay(struct sim_requests *requests,
                                        const struct cache_arguments *arguments,
                                        const struct sim_program *program, GError **error)
{
    struct sim_replay_trace counted;
    bool has_shares = arguments->capacities.has_shares;
    if (has_shares && (!sim_replay_count(requests, program->stop, &counted, error) ||
                       !sim_requests_rewind(requests, error))) {
        return NULL;
    }
    bool is_by_bytes = arguments->bytes != NULL;
    uint64_t whole = !has_shares ? 0 : is_by_bytes ? counted.footprint : counted.objects;
    uint64_t capacities[SIM_REPLAY_CAPACITIES_MAX];
    bool is_shown = isatty(STDERR_FILENO) && !arguments->is_quiet;
    struct sim_replay_options options = {
        .caches = program->caches,
        .requests = requests,
        .is_by_bytes = is_by_bytes,
        .policy_count = arguments->policy_count,
        .capacity_count = sim_capacities_resolve(&arguments->capacities, whole, capacities),
        .policies = arguments->policies,
        .capacities = capacities,
        .seed = arguments->seed_number,
        .jobs = (uint32_t)arguments->jobs,
        .stop = program->stop,
        .clock_us = clock_us,
        .progress = is_shown ? show_progress : NULL,
    };
    struct sim_replay_result *result =
        sim_replay_run(&options, has_shares ? &counted : NULL, error);
    if (is_shown) {
        fputs("\r\x1b[K", stderr);
    }
    return result;
}

static int run_cache(const char *path, const struct cache_arguments *arguments,
                     const struct sim_program *program)
{
    g_autoptr(GError) error = NULL;
    bool is_zipf = g_str_has_prefix(path, ZIPF);
    if (is_zipf && (arguments->bytes || arguments->key)) {
        sim_command_complain("--key and --bytes name columns of a file, and %s has none", path);
        return SIM_EXIT_USAGE;
    }
    struct sim_requests *requests =
        is_zipf ? open_zipf(path, arguments->seed_number)
                : sim_requests_open(path, arguments->key, arguments->bytes, &error);
    if (!requests) {
        if (error) {
            sim_command_complain("%s", error->message);
        }
        return error ? exit_of(error) : SIM_EXIT_USAGE;
    }
    int code = SIM_EXIT_USAGE;
    if (arguments->capacities.has_shares && !sim_requests_can_rewind(requests)) {
        sim_command_complain("a pipe can be read once only, and shares need the objects counted "
                             "first: give --capacity in numbers");
    } else {
        struct sim_replay_result *result = replay(requests, arguments, program, &error);
        g_autofree char *name = name_of(path);
        struct sim_replay_source source = {
            .name = name, .bytes_column = arguments->bytes, .seed = arguments->seed_number};
        code = result ? deliver(result, &source, arguments) : exit_of(error);
        if (error) {
            sim_command_complain("%s", error->message);
        }
        sim_replay_result_free(result);
    }
    sim_requests_free(requests);
    return code;
}

static int command_cache(const struct sim_command *command, int argc, char **argv,
                         const struct sim_program *program)
{
    struct cache_arguments arguments = {0};
    const GOptionEntry entries[] = {
        {"policy", 0, 0, G_OPTION_ARG_STRING, &arguments.policy,
         "Eviction policies with commas between (default: all)", "NAME,..."},
        {"capacity", 0, 0, G_OPTION_ARG_STRING, &arguments.capacity,
         "1000,10000 or 1e3..1e6/7 or 1%,10% of the objects (default: 0.1%..50%/9)", "LIST"},
        {"bytes", 0, 0, G_OPTION_ARG_STRING, &arguments.bytes,
         "Capacities count bytes; sizes are in this column", "COLUMN"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &arguments.key,
         "Column of the key (default: key, object, object_id, obj_id or id)", "COLUMN"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &arguments.seed,
         "Seed of zipf: and of the policy random (default: 1)", "N"},
        {"jobs", 0, 0, G_OPTION_ARG_INT, &arguments.jobs,
         "Threads (default: as many as processors); results do not depend on it", "N"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &arguments.out,
         "Folder for the result files (default: output/NAME)", "FOLDER"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments.is_json, "Prints cache.json", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments.is_quiet, "Prints nothing but trouble",
         NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    int code;
    if (sim_command_parse(command, entries, &argc, &argv, 1, 1, &code) >= 0) {
        code = SIM_EXIT_USAGE;
        if (parse_arguments(&arguments, program->caches)) {
            program->catch_interrupt();
            code = run_cache(argv[1], &arguments, program);
        }
    }
    arguments_clear(&arguments);
    return code;
}

const struct sim_command sim_command_cache = {
    .name = "cache",
    .arguments = "TRACE",
    .summary = "replay a trace through eviction policies",
    .details =
        "TRACE is a CSV file with a line of names, - for one on standard input, or\n"
        "zipf:n=OBJECTS,exponent=A,requests=COUNT. Every request is a look-up that inserts on a\n"
        "miss, whatever its operation. Its length costs no memory; the caches may take 4 GiB.\n"
        "\n"
        "Examples:\n"
        "  brink cache shop.csv                           all policies, a curve of capacities\n"
        "  brink cache shop.csv --policy lru,s3fifo --capacity 1e3..1e6/7\n"
        "  brink cache shop.csv --bytes size --capacity 64MiB,1GiB\n"
        "  zcat shop.csv.gz | brink cache - --key user --capacity 10000\n"
        "  brink cache zipf:n=1e5,exponent=0.9,requests=1e6 --seed 3\n",
    .run = command_cache,
};
