/* A row of a table of cases, and a program that runs a table. */
#ifndef TESTS_THEORY_STACK_ROW_H
#define TESTS_THEORY_STACK_ROW_H

#include "stack.h"
#include "stack_exact.h"

#define MEAN 0.01
#define MU (1.0 / MEAN)

/* Numbers of a row mean what its family says; `requests` is what each of 20 runs makes. */
struct stack_row {
    void (*run)(const struct stack_row *row);
    double a, b, c;
    const char *word;
    double requests;
};

#define SETTINGS(...) g_autofree char *settings = g_strdup_printf(__VA_ARGS__)

/* Where runs are long, percentiles are checked that few requests lie beyond. */
static inline bool is_long(const struct stack_row *row)
{
    return row->requests >= 3e5;
}

/* Appends median, 90th and, where asked for, 99th percentile of "users.latency" or the like to a
 * list that has room for them and its end; `unit` is that of the law in seconds. */
static inline void add_percentiles(struct stack_check *checks, const char *metric, exact_tail tail,
                                   const void *law, double unit, bool with_99)
{
    static const double percents[] = {50, 90, 99};
    while (checks->figure != NULL) {
        checks++;
    }
    for (int i = 0; i < (with_99 ? 3 : 2); i++) {
        g_autofree char *figure = g_strdup_printf("%s p%g", metric, percents[i]);
        double exact = exact_quantile(tail, law, percents[i] / 100.0, MEAN / unit) * unit;
        *checks++ = (struct stack_check){g_intern_string(figure), exact, 0};
    }
}

/* An exponential time inside with this mean: what GI/M/1 and M/M/1 give. */
static inline void exponential_checks(struct stack_check *checks, double sojourn)
{
    checks[0] = (struct stack_check){"users.latency mean", sojourn, 0};
    checks[1] = (struct stack_check){"users.latency p50", sojourn * log(2.0), 0};
    checks[2] = (struct stack_check){"users.latency p90", sojourn * log(10.0), 0};
    checks[3] = (struct stack_check){"users.latency p99", sojourn * log(100.0), 0};
}

/* --- Programs -----------------------------------------------------------------------------------
 */

static inline void stack_run_row(gconstpointer data)
{
    const struct stack_row *row = data;
    row->run(row);
}

static inline int stack_main(int argc, char **argv, const char *program,
                             const struct stack_row *rows, size_t count)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* every case has its say */
    stack_pins_read(argc, argv);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("/%s/%zu", program, i + 1);
        g_test_add_data_func(path, &rows[i], stack_run_row);
    }
    int status = g_test_run();
    stack_pins_write();
    return status;
}

#endif
