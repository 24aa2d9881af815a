/* One row of published/closed_forms.csv: reading its parameters. */
#ifndef TESTS_THEORY_CLOSED_FORMS_ROW_H
#define TESTS_THEORY_CLOSED_FORMS_ROW_H

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *params, *metric;
};

static inline bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static inline bool is_metric(const struct row *row, const char *metric)
{
    return strcmp(row->metric, metric) == 0;
}

/* What follows "name=" in the parameters; NULL when it is not there. */
static inline const char *find(const struct row *row, const char *name)
{
    g_autofree char *key = g_strconcat(name, "=", NULL);
    const char *at = row->params;
    while ((at = strstr(at, key)) != NULL) {
        if (at == row->params || strchr("; ,", at[-1])) {
            return at + strlen(key);
        }
        at++;
    }
    return NULL;
}

static inline double number(const struct row *row, const char *name)
{
    const char *text = find(row, name);
    if (!text) {
        g_error("%s: no parameter %s", row->params, name);
    }
    return g_ascii_strtod(text, NULL);
}

static inline unsigned whole(const struct row *row, const char *name)
{
    return (unsigned)number(row, name);
}

/* The p of "..._p99.9"; false for other metrics. */
static inline bool quantile_of(const struct row *row, const char *prefix, double *ret_p)
{
    if (!g_str_has_prefix(row->metric, prefix)) {
        return false;
    }
    *ret_p = g_ascii_strtod(row->metric + strlen(prefix), NULL) / 100.0;
    return true;
}

#endif
