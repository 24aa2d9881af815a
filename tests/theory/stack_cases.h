/* All families of cases; the tables of rows are in the programs. Caches and failures are here. */
#ifndef TESTS_THEORY_STACK_CASES_H
#define TESTS_THEORY_STACK_CASES_H

#include "stack_networks.h"
#include "stack_row.h"
#include "stack_stations.h"
#include "stats/theory_caches.h"

/* Independent references: keys a, exponent b, capacity c, policy `word`; within 0.001. */
static inline void case_cache(const struct stack_row *row)
{
    size_t keys = (size_t)row->a, capacity = (size_t)row->c;
    double *p = g_new(double, keys);
    sim_theory_zipf(keys, row->b, p);
    double exact = strcmp(row->word, "lru") == 0 ? sim_theory_lru(p, keys, capacity, NULL)
                                                 : sim_theory_fifo(p, keys, capacity, NULL);
    g_free(p);
    struct stack_check checks[] = {{"cache.hits ratio", exact, 0.001}, {NULL, 0, 0}};
    SETTINGS("keys=%zu exponent=%g capacity=%zu policy=%s requests=%g", keys, row->b, capacity,
             row->word, row->requests);
    stack_case("cache-irm", settings, checks);
}

/* A time to live of a seconds, b requests/s for each key; within 0.001. */
static inline void case_ttl(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"cache.hits ratio", sim_theory_ttl_hit(row->b, row->a), 0.001},
        {NULL, 0, 0},
    };
    SETTINGS("ttl=%gs each=%g requests=%g", row->a, row->b, row->requests);
    stack_case("cache-ttl", settings, checks);
}

/* Attempts fail with probability a, b retries. */
static inline void case_retries(const struct stack_row *row)
{
    double attempts = 0.0;
    for (int k = 0; k <= (int)row->b; k++) {
        attempts += pow(row->a, k);
    }
    struct stack_check checks[] = {
        {"users.attempts mean", 100.0 * attempts, 0},
        {"users.errors ratio", pow(row->a, row->b + 1.0), 0},
        {NULL, 0, 0},
    };
    SETTINGS("fails=%g retries=%d requests=%g", row->a, (int)row->b, row->requests);
    stack_case("retries", settings, checks);
}

/* Works for a seconds and is broken for b seconds on average; `requests` counts outages. */
static inline void case_outages(const struct stack_row *row)
{
    struct stack_check checks[] = {
        {"users.errors ratio", row->b / (row->a + row->b), 0},
        {"users.success ratio", row->a / (row->a + row->b), 0},
        {NULL, 0, 0},
    };
    SETTINGS("works=%gs broken=%gs outages=%g", row->a, row->b, row->requests);
    stack_case("outages", settings, checks);
}

#endif
