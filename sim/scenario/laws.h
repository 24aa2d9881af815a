/* What the files that read laws share. */
#ifndef BRINK_SCENARIO_LAWS_H
#define BRINK_SCENARIO_LAWS_H

#include "scenario/reader.h"

/* One law being read: its call, the unit in which it yields values, and its print. */
struct sim_law {
    struct sim_reader *reader;
    const char *where; /* "node \"db\": service: lognormal" */
    const struct sim_value *call;
    const struct sim_law_kind *kind;
    int32_t second, byte;
    GString *print;    /* "mean = ms(2), ..." */
    bool is_bad;       /* something has been reported */
    const char *error; /* what a maker of base/dist.h said */
};

typedef const struct sim_dist *(*sim_law_maker)(struct sim_law *law);
/* In the order of sim_law_kinds. */
extern const sim_law_maker sim_law_makers[];

bool sim_law_has(const struct sim_law *law, const char *name);
/* The argument of that name in the law's unit (0 after a complaint), or as a plain number. */
double sim_law_measure(struct sim_law *law, const char *name);
double sim_law_number(struct sim_law *law, const char *name);
/* The law that is the argument, in the same unit; NULL after a complaint. */
const struct sim_dist *sim_law_part(struct sim_law *law, const char *name);
const char *sim_law_text_argument(struct sim_law *law, const char *name);
/* Adds "name = text" or "text" to the print. */
void sim_law_print(struct sim_law *law, const char *name, const char *text);
void sim_law_complain(struct sim_law *law, const char *text);

/* laws_data.c */
const struct sim_dist *sim_law_make_mixture(struct sim_law *law);
const struct sim_dist *sim_law_make_hyperexponential(struct sim_law *law);
const struct sim_dist *sim_law_make_quantiles(struct sim_law *law);
const struct sim_dist *sim_law_make_file(struct sim_law *law);

#endif
