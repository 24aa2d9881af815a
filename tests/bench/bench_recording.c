/* What it costs to record what clients asked and were told, and to judge it afterwards:
 * recorded.lua with and without its history, and the check for linearizability beside the run. */
#include <glib.h>
#include <stdio.h>

#include "bench.h"
#include "check/check.h"
#include "models.h"
#include "run/study.h"

#define REPETITIONS 5

/* Seconds of processor time of one run. */
static double time_run(bool is_recorded, struct sim_study **ret_study)
{
    struct sim_problems problems;
    struct sim_run_options options = {.models = sim_models,
                                      .path = BRINK_SOURCE_DIR "/tests/bench/recorded.lua",
                                      .jobs = 1,
                                      .keeps_histories = is_recorded};
    sim_problems_init(&problems);
    double start = bench_seconds();
    *ret_study = sim_study_run(&options, &problems);
    double passed = bench_seconds() - start;
    sim_problems_print(&problems, stderr);
    g_assert_nonnull(*ret_study);
    sim_problems_clear(&problems);
    return passed;
}

static double time_check(const struct sim_history *history)
{
    struct sim_check_input input = {.history = *history, .has_initial = true, .has_times = true};
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    double start = bench_seconds();
    sim_check_linearizable(&input, &limits, &result);
    double passed = bench_seconds() - start;
    g_assert_cmpint(result.verdict, ==, SIM_CHECK_YES);
    sim_check_result_clear(&result);
    return passed;
}

int main(void)
{
    double plain[REPETITIONS], recorded[REPETITIONS], checked[REPETITIONS];
    uint64_t count = 0;
    for (int i = 0; i < REPETITIONS; i++) {
        struct sim_study *study;
        plain[i] = time_run(false, &study);
        sim_study_free(study);
        recorded[i] = time_run(true, &study);
        const struct sim_history *history = &study->results[0]->history->history;
        count = history->count;
        checked[i] = time_check(history);
        sim_study_free(study);
    }
    bench_row("recording", bench_median(recorded, REPETITIONS) / (double)count * 1e9,
              "ns/operation", bench_ratio(recorded, plain, REPETITIONS), "times the run without");
    bench_row("checking", bench_median(checked, REPETITIONS) / (double)count * 1e9, "ns/operation",
              bench_ratio(checked, plain, REPETITIONS), "times the run without");
    return 0;
}
