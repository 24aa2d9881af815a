/* Parts of the summary text. Inside of the report layer. */
#ifndef BRINK_REPORT_TEXT_H
#define BRINK_REPORT_TEXT_H

#include "report/render.h"
#include "report/table.h"

#define SIM_TEXT_WIDTH 100

extern const char *const sim_verdict_marks[3];

/* Where the summary goes: plain text, or a page. Both say the same, by the same calls. */
struct sim_text {
    const struct sim_report *report;
    const struct sim_text_style *style;
    GString *out;
    bool is_page; /* HTML */
};

/* What stands at the head: name, description, how it was run. */
void sim_text_head(const struct sim_text *text);
/* The expectations of all sections that are wanted, under their heading. */
void sim_text_expectations(const struct sim_text *text);
/* Key figures of all sections side by side. */
void sim_text_comparison(const struct sim_text *text);
/* Digests, and the command that runs it again. */
void sim_text_foot(const struct sim_text *text);

/* An empty line and the heading; `level` 1 is the name, 2 a section, 3 a part of one. */
void sim_text_heading(const struct sim_text *text, int level, const char *heading);
/* A paragraph on lines of its own, wrapped; and one of a list of remarks. */
void sim_text_paragraph(const struct sim_text *text, const char *paragraph);
void sim_text_item(const struct sim_text *text, const char *item);
/* An empty line; nothing on a page. */
void sim_text_gap(const struct sim_text *text);
/* The table, whose first row holds the heads. */
void sim_text_table(const struct sim_text *text, const struct sim_table *table);
/* All that was measured in one section; its label first where there are several. */
void sim_text_section(const struct sim_text *text, const struct sim_section *section,
                      bool is_labelled);
/* A figure with its interval as the next cell; "-" where there is none. */
void sim_text_add_figure(struct sim_table *table, const struct sim_section *section, uint32_t tier,
                         const char *metric, const char *aggregate);
/* What all sections have in common, said once: estimates, faults, what is assumed. */
void sim_text_shared(const struct sim_text *text);
/* How old the versions are that reads were answered with; nothing where nobody keeps versions. */
void sim_text_freshness(const struct sim_text *text, const struct sim_section *section);
/* What sources got before, during and after scheduled faults; nothing where there are none. */
void sim_text_outages(const struct sim_text *text, const struct sim_section *section);
/* The source with the most operations; 0 when there is none. */
uint32_t sim_section_source(const struct sim_section *section);

/* Rows of one tier's own metrics: which it has, and of what kind each is. */
enum sim_own_kind { SIM_OWN_COUNT, SIM_OWN_LEVEL, SIM_OWN_SAMPLE };
/* Visits the own metrics of a tier (all but the standard ones) in their order. */
typedef void (*sim_own_visit)(const struct sim_section *section, uint32_t tier, const char *metric,
                              enum sim_own_kind kind, void *data);
void sim_section_own_metrics(const struct sim_section *section, uint32_t tier, sim_own_visit visit,
                             void *data);

#endif
