/* Hostile scenarios: endless, huge, deep, and those that reach for what they must not have.
 *
 * Each tests/hostile/NAME.lua, and each text that the table below makes, is loaded in a process of
 * its own, which must come back by itself, with a scenario or with problems, within the time that
 * some loops of a yardstick take in the same run, and within a bound on memory. Limits are counts,
 * so a file always ends in the same way: the report of a second load is the same. What is called
 * cases_... is about many variants and points, and all of them are loaded.
 */
#define _DEFAULT_SOURCE /* wait4, setrlimit */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../errors/fake_models.h"
#include "base/random.h"
#include "run/study.h"

#define FOLDER BRINK_SOURCE_DIR "/tests/hostile"

/* One load takes at most as long as so many steps of the yardstick, which take about two seconds on
 * a machine of today; what is really endless is stopped. What else the machine does slows a load
 * down and the yardstick less, or the other way round: one that took too long is measured again,
 * yardstick beside it. */
#define YARDSTICK_STEPS 100000000u
#define YARDSTICKS_MAX 20
#define ATTEMPTS 3
#define PROCESSOR_SECONDS_MAX 120
#ifdef __has_feature
#define IS_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif
/* The sanitizers keep what is freed, and as much again for their shadow. */
#define RESIDENT_KIB_MAX ((IS_SANITIZED ? 3000 : 600) * 1024)

/* head, `count` times body, `count` times closing, tail; '#' stands for a number that counts. */
struct made {
    const char *name, *head, *body;
    unsigned count;
    const char *closing, *tail;
};

static const struct made made_texts[] = {
    {"nested_tables", "return scenario ", "{", 100000, "}", ""},
    {"nested_parens", "local a = ", "(", 100000, "", "1"},
    {"nested_functions", "return ", "function() return ", 10000, "", "1"},
    {"nested_blocks", "", "do ", 30000, "end ", ""},
    {"nested_unary", "local a = ", "- ", 100000, "", "1"},
    {"nested_concat", "local a = ", "'a' .. ", 30000, "", "'a'"},
    {"nested_calls", "local a = ", "s(", 100000, "", ""},
    {"many_labels", "", "::a#:: ", 20000, "", ""},
    {"many_locals", "", "local a#\n", 20000, "", ""},
    {"many_gotos", "", "goto a# ", 20000, "", ""},
    {"many_fields", "return scenario {", "f#=1,", 20000, "", "}"},
    {"many_items", "return scenario {", "1,", 100000, "", "}"},
    {"many_nodes", "return scenario { duration = s(1), ", "node 'a' {},", 15000, "", "}"},
    {"many_calls_on_a_line", "local a = {", "poisson{a=1},", 15000, "", "}"},
    {"long_text", "local a = '", "x", 200000, "", "'"},
    {"long_brackets", "local a = [==[", "]=", 100000, "", ""},
    {"long_comment", "--[==[", "x", 200000, "", ""},
    {"long_name", "local ", "x", 200000, "", " = 5"},
    {"long_number", "local a = ", "1", 200000, "", ""},
    {"long_file", "-- ", "long ", 60000, "", ""},
    {"long_target",
     "return scenario { duration = s(1), node 'd' { model = 'client', arrivals = regular(rate(1)), "
     "to = '",
     "d ", 8000, "", "' } }"},
    {"signs", "", "<<>>==~=..//::", 15000, "", ""},
    {"deep_names", "local function f() local function g() local function h() local x = {", "q#,",
     30000, "", "} end end end"},
};

static void append_numbered(GString *text, const char *body, unsigned number)
{
    for (const char *c = body; *c; c++) {
        if (*c == '#') {
            g_string_append_printf(text, "%u", number);
        } else {
            g_string_append_c(text, *c);
        }
    }
}

static GString *make_text(const struct made *made)
{
    GString *text = g_string_new(made->head);
    for (unsigned i = 0; i < made->count; i++) {
        append_numbered(text, made->body, i);
    }
    g_string_append(text, made->tail);
    for (unsigned i = 0; i < made->count; i++) {
        append_numbered(text, made->closing, i);
    }
    return text;
}

/* The made text of that name, or NULL: then it is a file. */
static GString *find_made(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(made_texts); i++) {
        if (strcmp(made_texts[i].name, name) == 0) {
            return make_text(&made_texts[i]);
        }
    }
    return NULL;
}

static char *report_of(const char *name)
{
    struct sim_load_options options = {.models = fake_models};
    struct sim_problems problems;
    struct sim_scenario *scenario = NULL;
    GString *made = find_made(name);
    sim_problems_init(&problems);
    if (made) {
        scenario = sim_scenario_load_text(made->str, made->len, "made.lua", &options, &problems);
        g_string_free(made, TRUE);
    } else {
        scenario = sim_scenario_load(name, &options, &problems);
    }
    GString *report = g_string_new(scenario ? "loads\n" : "");
    for (size_t i = 0; i < problems.count; i++) {
        const struct sim_problem *item = &problems.items[i];
        g_string_append_printf(report, "%s:%d: %s\n", item->file, item->line, item->text);
    }
    sim_problems_clear(&problems);
    sim_scenario_free(scenario);
    return g_string_free(report, FALSE);
}

/* Whether its cases are loaded, or refused with a problem. */
static bool cases_end(const char *name)
{
    struct sim_run_options options = {.models = fake_models, .path = name};
    struct sim_problems problems;
    sim_problems_init(&problems);
    bool is_ended = sim_study_check(&options, &problems) > 0 || problems.count > 0;
    sim_problems_clear(&problems);
    return is_ended;
}

/* In the child: 0 when the load ended, and a second one, where it is asked for, in the same way. */
static int load_in_child(const char *name)
{
    struct rlimit limit = {PROCESSOR_SECONDS_MAX, PROCESSOR_SECONDS_MAX};
    setrlimit(RLIMIT_CPU, &limit);
    if (g_str_has_prefix(name, "cases_")) {
        return cases_end(name) ? 0 : 1;
    }
    g_autofree char *first = report_of(name);
    bool is_sane = first[0] != '\0' && !strstr(first, "0x");
    if (is_sane && (g_str_has_prefix(name, "loop") || g_str_has_prefix(name, "tables"))) {
        g_autofree char *second = report_of(name);
        is_sane = strcmp(first, second) == 0;
    }
    return is_sane ? 0 : 1;
}

static double processor_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e-6;
}

/* Seconds of the processor for a loop of known length. */
static double yardstick_seconds(void)
{
    struct rusage before, after;
    struct sim_random random;
    uint64_t sum = 0;
    sim_random_init(&random, 1, "yardstick", "steps");
    getrusage(RUSAGE_SELF, &before);
    for (unsigned i = 0; i < YARDSTICK_STEPS; i++) {
        sum += sim_random_u64(&random);
    }
    getrusage(RUSAGE_SELF, &after);
    g_assert_cmpuint(sum, !=, 0);
    return processor_seconds(&after) - processor_seconds(&before);
}

/* Seconds of the processor that a load takes; asserts how it ends and what it takes of memory. */
static double load_seconds(const char *name)
{
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        _exit(load_in_child(name));
    }
    struct rusage usage;
    int status = 0;
    while (wait4(child, &status, 0, &usage) < 0) {
        g_assert_cmpint(errno, ==, EINTR);
    }
    g_test_message("%s: %.0f ms, %ld KiB", name, processor_seconds(&usage) * 1e3, usage.ru_maxrss);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    g_assert_cmpint(usage.ru_maxrss, <, RESIDENT_KIB_MAX);
    return processor_seconds(&usage);
}

static double yardstick; /* of the latest measurement */

static void test_hostile(gconstpointer data)
{
    double seconds = load_seconds(data);
    for (int i = 1; i < ATTEMPTS && seconds >= YARDSTICKS_MAX * yardstick; i++) {
        yardstick = yardstick_seconds();
        seconds = load_seconds(data);
    }
    g_assert_cmpfloat(seconds, <, YARDSTICKS_MAX * yardstick);
    g_assert_false(g_file_test("/tmp/brink-was-here", G_FILE_TEST_EXISTS));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(g_chdir(FOLDER), ==, 0);
    g_autoptr(GDir) folder = g_dir_open(".", 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        if (g_str_has_suffix(name, ".lua")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(made_texts); i++) {
        g_ptr_array_add(names, g_strdup(made_texts[i].name));
    }
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, >=, 60);
    yardstick = yardstick_seconds();
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat("/hostile/", names->pdata[i], NULL);
        g_test_add_data_func(path, names->pdata[i], test_hostile);
    }
    return g_test_run();
}
