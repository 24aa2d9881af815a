/* The renderings of a report. Each gives a text that the caller frees with g_string_free; none
 * holds a wall-clock time, a host name or a path, so that a second run gives the same bytes. */
#ifndef BRINK_REPORT_RENDER_H
#define BRINK_REPORT_RENDER_H

#include "report/report.h"

struct sim_text_style {
    bool is_coloured;   /* terminal escapes */
    bool is_quiet;      /* verdict lines only */
    const char *only;   /* label of the one section to print, or NULL */
    const char *folder; /* where the result files are, or NULL */
    uint32_t full_max;  /* from more sections than this on, only the comparison is printed */
    int width;          /* columns of the terminal that it must fit; 0 = no terminal */
};

/* The summary, at most 100 columns wide where names allow, and no wider than the terminal. */
GString *sim_render_text(const struct sim_report *report, const struct sim_text_style *style);

/* summary.json, complete: sim_report_parse reads it back. */
GString *sim_render_json(const struct sim_report *report);
/* manifest.json: what ran, and `files` (NULL at the end, sorted) that it left. */
GString *sim_render_manifest(const struct sim_report *report, const char *const *files);
/* metrics.csv: a row a figure. */
GString *sim_render_csv(const struct sim_report *report);
/* junit.xml: a test case an expectation; inconclusive ones are skipped, with the reason. */
GString *sim_render_junit(const struct sim_report *report);
/* OpenMetrics text: gauges with labels tier, variant and the settings. */
GString *sim_render_openmetrics(const struct sim_report *report);
/* A self-contained page. `pictures` is a folder whose SVG files are inlined; NULL = none. */
GString *sim_render_html(const struct sim_report *report, const char *pictures);

/* Of a fresh run only: series.csv, one row a cell, one column a line; latency.csv, the latency
 * distributions, one row a bucket. */
GString *sim_render_series(const struct sim_report *report);
GString *sim_render_latency(const struct sim_report *report);
/* visibility.csv: P(consistent at t), one row a step; NULL when no read was stale. */
GString *sim_render_visibility(const struct sim_report *report);

/* Of a fresh run whose history was kept: history.edn, two lines an operation, which `brink history`
 * reads; history.jsonl, a line an operation. See history.c. */
GString *sim_render_history_edn(const struct sim_report *report, const struct sim_section *section);
GString *sim_render_history_lines(const struct sim_section *section);

#endif
