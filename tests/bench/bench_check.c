/* Deciding histories: Jepsen's runs of etcd beside what porcupine needed for them, and a register's
 * history of a million operations whose written values all differ. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "bench.h"
#include "check/read.h"

#define OPERATIONS 1000000u
#define PROCESSES 20u
#define REPETITIONS 5

static struct sim_check_limits verdict_only(void)
{
    struct sim_check_limits limits = sim_check_limits_default();
    limits.cut_steps_max = 0;
    return limits;
}

static double time_check(struct sim_check_input *input, enum sim_check_verdict *ret_verdict)
{
    struct sim_check_limits limits = verdict_only();
    double best = 1e9;
    for (int i = 0; i < REPETITIONS; i++) {
        struct sim_check_result result;
        double start = bench_seconds();
        sim_check_linearizable(input, &limits, &result);
        double passed = bench_seconds() - start;
        best = passed < best ? passed : best;
        *ret_verdict = result.verdict;
        sim_check_result_clear(&result);
    }
    return best;
}

/* Seconds for the verdict about a file, without reading it. */
static double time_file(const char *path, const char *expected)
{
    g_autofree char *text = NULL;
    gsize size;
    struct sim_check_input input;
    enum sim_check_verdict verdict;
    if (!g_file_get_contents(path, &text, &size, NULL) ||
        sim_check_read(text, size, &input) != NULL) {
        g_error("%s: cannot be read", path);
    }
    double seconds = time_check(&input, &verdict);
    g_assert_cmpstr(sim_check_verdict_names[verdict], ==, expected);
    sim_check_input_clear(&input);
    return seconds;
}

static void bench_etcd(void)
{
    const char *folder = BRINK_REFERENCE_DIR "/histories";
    g_autofree char *path = g_build_filename(folder, "verdicts.csv", NULL);
    g_autofree char *table = NULL;
    double ours = 0, theirs = 0;
    if (!g_file_get_contents(path, &table, NULL, NULL)) {
        return;
    }
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    for (int i = 1; lines[i] != NULL; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ",", -1);
        if (g_str_has_prefix(lines[i], "etcd/") && g_strv_length(fields) >= 7) {
            g_autofree char *file = g_build_filename(folder, fields[0], NULL);
            ours += time_file(file, fields[5]);
            theirs += 1e-6 * g_ascii_strtod(fields[6], NULL);
        }
    }
    bench_row("check.etcd", ours * 1e3, "ms", theirs / ours, "times as fast as porcupine then");
}

/* Reads of the latest value, and writes, each over the next few instants. */
static void bench_million(void)
{
    struct sim_check_input input = {.model = SIM_CHECK_REGISTER};
    struct sim_random random;
    enum sim_check_verdict verdict;
    sim_random_init(&random, 1, "bench", "history");
    sim_history_init(&input.history, OPERATIONS);
    uint64_t latest = 0;
    bool is_written = false;
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        struct sim_history_entry *entry = sim_history_add(&input.history);
        sim_time instant = 10 * (sim_time)i; /* when it takes effect */
        entry->invoked = instant - (sim_time)sim_random_below(&random, 10 * PROCESSES);
        entry->completed = instant + 1 + (sim_time)sim_random_below(&random, 10 * PROCESSES);
        entry->function = sim_random_below(&random, 2) ? SIM_HISTORY_READ : SIM_HISTORY_WRITE;
        entry->is_result_known = entry->function == SIM_HISTORY_READ;
        entry->is_missing = entry->is_result_known && !is_written;
        entry->result = latest;
        if (entry->function == SIM_HISTORY_WRITE) {
            entry->argument = latest = i + 1;
            is_written = true;
        }
    }
    double seconds = time_check(&input, &verdict);
    g_assert_cmpint(verdict, ==, SIM_CHECK_YES);
    bench_row("check.million", seconds, "s", OPERATIONS / seconds / 1e6, "million operations/s");
    sim_check_input_clear(&input);
}

int main(void)
{
    bench_etcd();
    bench_million();
    return 0;
}
