/* A study: load, cut the warm-up, replicate in rounds, reduce.
 *
 * Every phase is one parallel loop over (case, replication); which thread does what leaves no
 * trace in the results. Under `precision` a round ends when all of its replications are in, and
 * only then is it decided how many more each case needs.
 */
#define _POSIX_C_SOURCE 200809L
#include "run/study.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "run/case.h"
#include "run/reduce.h"
#include "run/threads.h"
#include "run/warmup.h"

/* Replications of one case that `precision` may ask for; a wish beyond it is reported as missed. */
#define RUNS_MAX 256

struct job {
    uint32_t item, replication;
};

struct study {
    const struct sim_run_options *options;
    struct sim_case **cases;
    uint32_t case_count;
    struct job *jobs; /* of the present round */
    uint32_t job_count;
    pthread_mutex_t mutex; /* guards progress */
    struct sim_progress progress;
};

static bool is_stopped(const struct study *study)
{
    return study->options->stop && *study->options->stop;
}

static void tell_progress(struct study *study, uint32_t done)
{
    if (!study->options->progress) {
        return;
    }
    pthread_mutex_lock(&study->mutex);
    struct sim_progress *progress = &study->progress;
    progress->replications_done += done;
    progress->fraction = progress->replications_total > 0
                             ? (double)progress->replications_done / progress->replications_total
                             : 0.0;
    study->options->progress(progress, study->options->progress_data);
    pthread_mutex_unlock(&study->mutex);
}

/* Warm-up */

static void pilot_task(uint32_t index, void *data)
{
    struct study *study = data;
    struct sim_case *item = study->cases[index];
    item->warmup_rule = sim_warmup_rule_of(item->scenario);
    if (item->warmup_rule == SIM_WARMUP_GIVEN) {
        item->warmup = item->scenario->warmup;
    } else if (item->warmup_rule == SIM_WARMUP_CUT) {
        item->warmup_rule = sim_warmup_cut(item->scenario, study->options->stop, &item->warmup);
    }
}

/* Rounds */

static void prepare_case(struct sim_case *item)
{
    bool is_batched = item->runs_asked == 1 && !(item->scenario->precision > 0.0);
    item->plan = sim_plan_new(item->scenario, item->warmup, is_batched);
    sim_totals_init(&item->totals, item->plan);
    item->precision = NAN;
}

static void extend_records(struct sim_case *item, uint32_t from)
{
    item->records = g_renew(struct sim_record, item->records, item->runs_asked);
    memset(&item->records[from], 0, (item->runs_asked - from) * sizeof(item->records[0]));
}

static void replicate_task(uint32_t index, void *data)
{
    struct study *study = data;
    struct job job = study->jobs[index];
    struct sim_case *item = study->cases[job.item];
    bool is_traced = job.item == 0 && job.replication == 0;
    sim_case_replicate(item, job.replication, study->options, is_traced);
    tell_progress(study, is_stopped(study) ? 0 : 1); /* what is cut short is not done */
}

/* Gathers what has been asked for and not begun. */
static void gather_jobs(struct study *study)
{
    study->job_count = 0;
    for (uint32_t c = 0; c < study->case_count; c++) {
        study->job_count += study->cases[c]->runs_asked - study->cases[c]->runs_begun;
    }
    study->jobs = g_renew(struct job, study->jobs, study->job_count + 1);
    uint32_t j = 0;
    for (uint32_t c = 0; c < study->case_count; c++) {
        struct sim_case *item = study->cases[c];
        for (; item->runs_begun < item->runs_asked; item->runs_begun++) {
            study->jobs[j++] = (struct job){c, item->runs_begun};
        }
    }
    study->progress.replications_total += study->job_count;
}

/* How many replications would give the precision that is wanted, if the spread stays what it is:
 * the half-width falls with the square root. Never more than doubles, so that a lucky or unlucky
 * first round cannot lead far astray. */
static uint32_t runs_for_precision(uint32_t runs, double reached, double wanted)
{
    double factor = reached / wanted;
    factor = factor * factor < 2.0 ? factor * factor : 2.0;
    uint32_t needed = (uint32_t)ceil(floor(runs * factor * 1e6 + 0.5) / 1e6);
    needed = needed > runs + 2 ? needed : runs + 2;
    uint32_t most = runs > RUNS_MAX ? runs : RUNS_MAX;
    return needed < most ? needed : most;
}

/* True when some case needs more. */
static bool ask_for_more(struct study *study)
{
    bool is_more = false;
    for (uint32_t c = 0; c < study->case_count; c++) {
        struct sim_case *item = study->cases[c];
        double wanted = item->scenario->precision;
        if (!(wanted > 0.0)) {
            continue;
        }
        item->precision = sim_reduce_precision(item->plan, item->records, item->runs_asked);
        if (item->precision <= wanted || item->runs_asked >= RUNS_MAX) {
            continue;
        }
        uint32_t from = item->runs_asked;
        item->runs_asked = runs_for_precision(from, item->precision, wanted);
        extend_records(item, from);
        is_more = true;
    }
    return is_more;
}

static void run_rounds(struct study *study)
{
    for (uint32_t c = 0; c < study->case_count; c++) {
        prepare_case(study->cases[c]);
        extend_records(study->cases[c], 0);
    }
    do {
        gather_jobs(study);
        tell_progress(study, 0);
        sim_threads_run(study->job_count, study->options->jobs, study->options->stop,
                        replicate_task, study);
    } while (!is_stopped(study) && ask_for_more(study));
}

/* Results */

static struct sim_result *result_of(struct sim_case *item)
{
    struct sim_result *result = g_new0(struct sim_result, 1);
    sim_arena_init(&result->arena);
    result->scenario = item->scenario;
    struct sim_setting *settings =
        sim_arena_array(&result->arena, struct sim_setting, item->setting_count);
    for (uint32_t i = 0; i < item->setting_count; i++) {
        settings[i].name = sim_arena_strdup(&result->arena, item->settings[i].name);
        settings[i].value = sim_arena_strdup(&result->arena, item->settings[i].value);
    }
    result->settings = settings;
    result->setting_count = item->setting_count;
    result->replications_asked = item->runs_asked;
    result->precision_reached = item->precision;
    result->warmup_rule = item->warmup_rule;
    sim_reduce(result, item->plan, item->records, item->runs_asked, &item->totals);
    result->was_interrupted = result->replication_count < item->runs_asked;
    result->history = item->kept;
    item->kept = NULL;
    item->scenario = NULL; /* the result owns it now, and outlives the plan */
    return result;
}

static struct sim_study *collect(struct study *study)
{
    struct sim_study *collected = g_new0(struct sim_study, 1);
    collected->results = g_new0(struct sim_result *, study->case_count + 1);
    for (uint32_t c = 0; c < study->case_count; c++) {
        struct sim_case *item = study->cases[c];
        if (item->totals.replications > 0) {
            struct sim_result *result = result_of(item);
            collected->results[collected->result_count++] = result;
            collected->was_interrupted |= result->was_interrupted;
        } else {
            collected->was_interrupted = true;
        }
    }
    return collected;
}

uint32_t sim_study_check(const struct sim_run_options *options, struct sim_problems *problems)
{
    uint32_t count = 0;
    struct sim_case **cases = sim_cases_load(options, problems, &count);
    for (uint32_t c = 0; c < count; c++) {
        sim_case_free(cases[c]);
    }
    g_free(cases);
    return count;
}

struct sim_study *sim_study_run(const struct sim_run_options *options,
                                struct sim_problems *problems)
{
    struct study study = {.options = options};
    study.cases = sim_cases_load(options, problems, &study.case_count);
    if (!study.cases) {
        return NULL;
    }
    pthread_mutex_init(&study.mutex, NULL);
    study.progress.results_total = study.case_count;
    sim_threads_run(study.case_count, options->jobs, options->stop, pilot_task, &study);
    run_rounds(&study);
    struct sim_study *collected = collect(&study);
    for (uint32_t c = 0; c < study.case_count; c++) {
        sim_case_free(study.cases[c]);
    }
    g_free(study.cases);
    g_free(study.jobs);
    pthread_mutex_destroy(&study.mutex);
    return collected;
}
