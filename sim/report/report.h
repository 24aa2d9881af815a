/* The report: all that is said about a study, as plain text and numbers.
 *
 * It is made from a study that has just run (sim_report_of) or read back from the summary.json that
 * an earlier run recorded (sim_report_read); every rendering is made from it, so that whatever can
 * be seen after a run can be seen again without rerunning. Lines over time and distributions are
 * recorded in files of their own (series.csv, latency.csv) and are not read back.
 */
#ifndef BRINK_REPORT_REPORT_H
#define BRINK_REPORT_REPORT_H

#include <glib.h>

#include "run/result.h"

#define SIM_REPORT_FORMAT 1 /* of summary.json; moves when a reader of the old one would err */

struct sim_tier {
    const char *name, *model;
    uint32_t count;
    bool is_source;
};

struct sim_report_expectation {
    const char *text;
    int line;
    enum sim_verdict verdict;
    bool is_bare;
    struct sim_window window;
    bool is_whole; /* the window is the measured one */
    enum sim_operator comparison;
    double bound;
    struct sim_estimate estimate;
    enum sim_metric_unit unit;
    bool is_rate;
    const char *reason; /* or NULL */
};

/* One line of back-of-the-envelope arithmetic, and what the simulation says of the same. */
struct sim_report_estimate {
    const char *name, *text, *unit;
    double value;
    const char *figure; /* "web.throughput mean", or NULL */
    struct sim_estimate simulated;
    enum sim_metric_unit simulated_unit;
    bool is_rate;
};

/* One result: a variant at a point of the sweeps. Groups are indices into `tiers`. */
struct sim_section {
    const char *label; /* "budget 5%", "capacity = 3e3, policy = lru"; "" when it is the only one */
    const char *slug;  /* the same as part of a file name */
    const char *variant; /* or NULL */
    uint32_t setting_count;
    const struct sim_setting *settings;
    uint64_t hash, digest;
    sim_time duration, warmup, cell;
    enum sim_warmup_rule warmup_rule;
    bool is_batched;
    bool was_interrupted;
    double precision_wanted, precision_reached; /* 0 and NaN when none was asked for */
    uint32_t runs_asked;
    uint32_t run_count;
    const struct sim_replication *runs;
    uint32_t tier_count;
    const struct sim_tier *tiers;
    uint32_t expectation_count;
    const struct sim_report_expectation *expectations;
    uint32_t figure_count;
    const struct sim_figure *figures;
    uint32_t plotted_count;
    const struct sim_figure *plotted; /* of plots, those of a time of their own */
    uint32_t attribution_count;
    const struct sim_attribution_table *attributions;
    uint32_t estimate_count;
    const struct sim_report_estimate *estimates;
    uint32_t fault_count;
    const struct sim_fault_span *faults;
    uint32_t outage_count;
    const struct sim_outage *outages;
    struct sim_network_totals network;
    uint32_t note_count;
    const char *const *notes; /* what is assumed, not modelled, or went otherwise than asked */
    /* Of a fresh run only. */
    const struct sim_result *result;
};

struct sim_report {
    struct sim_arena arena;
    const char *version; /* of the brink that ran it */
    const char *name, *path, *description;
    uint64_t seed;
    const char *options; /* of the command that runs it again, after the path */
    bool was_interrupted;
    uint32_t section_count;
    const struct sim_section *sections;
    const struct sim_study *study; /* of a fresh run, else NULL */
};

/* What of the command line matters to whoever runs it again. */
struct sim_report_command {
    const struct sim_setting *settings;
    uint32_t setting_count;
    const char *variant;
    uint32_t runs; /* 0 = not given */
};

/* `study` has at least one result, is kept and must outlive the report. */
struct sim_report *sim_report_of(const struct sim_study *study,
                                 const struct sim_report_command *command);
void sim_report_free(struct sim_report *report);

/* The report that a folder's summary.json holds; NULL with an error of G_FILE_ERROR when it cannot
 * be read, of SIM_REPORT_ERROR when it is not a summary. */
struct sim_report *sim_report_read(const char *folder, GError **error);
/* The same from text; `name` is used in messages. */
struct sim_report *sim_report_parse(const char *text, size_t size, const char *name,
                                    GError **error);

#define SIM_REPORT_ERROR (g_quark_from_static_string("sim-report-error"))

/* Which runs a limit ended, when and which; NULL = none. Caller frees. */
char *sim_section_cut(const struct sim_section *section);

/* The worst of all verdicts: fail before inconclusive before pass. Where a limit ended a run it is
 * no pass, even if nothing was expected. */
enum sim_verdict sim_report_verdict(const struct sim_report *report);
/* Whether the audit of every run held. */
bool sim_report_is_balanced(const struct sim_report *report);

/* The figure of that tier as a whole, or NULL. */
const struct sim_figure *sim_section_figure(const struct sim_section *section, uint32_t tier,
                                            const char *metric, const char *aggregate);

/* Whether the tier is a source and among the `most` with the most operations. */
bool sim_section_is_busy_source(const struct sim_section *section, uint32_t tier, uint32_t most);

/* A value of the scenario language for people: a text without its quotes. Caller frees. */
char *sim_setting_plain(const char *value);

/* "seconds", "per_second", "ratio": what stands beside a number for machines. */
const char *sim_unit_name(enum sim_metric_unit unit, bool is_rate);
/* "latency_p99_seconds", "errors_ratio": name of a figure for machines. Caller frees. */
char *sim_figure_name(const char *metric, const char *aggregate, enum sim_metric_unit unit,
                      bool is_rate);

extern const char *const sim_verdict_names[3];
extern const char *const sim_warmup_rule_names[4];
extern const char *const sim_ending_names[4];
extern const char *const sim_operator_texts[5];

#endif
