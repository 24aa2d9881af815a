/* Problems with a user's input: collected, sorted by line, reported together.
 *
 * Each reads "FILE:LINE: what is wrong (did you mean ...?)".
 */
#ifndef BRINK_SCENARIO_PROBLEM_H
#define BRINK_SCENARIO_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sim_problem {
    char *file;
    int line; /* 0 = of the file as a whole */
    char *text;
};

struct sim_problems {
    struct sim_problem *items;
    size_t count, capacity;
    bool is_io; /* the file could not be read: exit code 3, not 2 */
};

void sim_problems_init(struct sim_problems *problems);
void sim_problems_clear(struct sim_problems *problems);
void sim_problems_add(struct sim_problems *problems, const char *file, int line, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
/* Whether further ones are dropped. */
bool sim_problems_is_full(const struct sim_problems *problems);
/* Drops those after the first `count`. */
void sim_problems_truncate(struct sim_problems *problems, size_t count);
/* Drops those after the first `count` that stand on a line of which one of the first `count`
 * speaks: the same mistake, seen again. */
void sim_problems_forget_repeated(struct sim_problems *problems, size_t count);
void sim_problems_sort(struct sim_problems *problems);
void sim_problems_print(const struct sim_problems *problems, FILE *out);

#endif
