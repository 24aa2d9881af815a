/* Problems: a growing list, sorted by file and line, the same complaint only once. */
#include "scenario/problem.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

#include "base/sort.h"
#include "base/text.h"

/* More than anybody reads; what a generated file gets wrong ten thousand times is one mistake. */
#define PROBLEM_COUNT_MAX 200

void sim_problems_init(struct sim_problems *problems)
{
    *problems = (struct sim_problems){0};
}

void sim_problems_clear(struct sim_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        g_free(problems->items[i].file);
        g_free(problems->items[i].text);
    }
    g_free(problems->items);
    sim_problems_init(problems);
}

static bool is_known(const struct sim_problems *problems, const char *file, int line,
                     const char *text)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct sim_problem *item = &problems->items[i];
        if (item->line == line && strcmp(item->text, text) == 0 && strcmp(item->file, file) == 0) {
            return true;
        }
    }
    return false;
}

bool sim_problems_is_full(const struct sim_problems *problems)
{
    return problems->count >= PROBLEM_COUNT_MAX;
}

void sim_problems_add(struct sim_problems *problems, const char *file, int line, const char *format,
                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    sim_text_tame(text, false); /* parts of it are the user's */
    if (sim_problems_is_full(problems) || is_known(problems, file, line, text)) {
        g_free(text);
        return;
    }
    if (problems->count == problems->capacity) {
        problems->capacity = problems->capacity ? 2 * problems->capacity : 8;
        problems->items = g_renew(struct sim_problem, problems->items, problems->capacity);
    }
    problems->items[problems->count++] =
        (struct sim_problem){.file = g_strdup(file), .line = line, .text = text};
}

void sim_problems_truncate(struct sim_problems *problems, size_t count)
{
    while (problems->count > count) {
        struct sim_problem *item = &problems->items[--problems->count];
        g_free(item->file);
        g_free(item->text);
    }
}

void sim_problems_forget_repeated(struct sim_problems *problems, size_t count)
{
    size_t kept = count;
    for (size_t i = count; i < problems->count; i++) {
        struct sim_problem *item = &problems->items[i];
        bool is_repeated = false;
        for (size_t j = 0; j < count && !is_repeated; j++) {
            is_repeated = problems->items[j].line == item->line &&
                          strcmp(problems->items[j].file, item->file) == 0;
        }
        if (is_repeated) {
            g_free(item->file);
            g_free(item->text);
        } else {
            problems->items[kept++] = *item;
        }
    }
    problems->count = kept;
}

static int problem_compare(const void *a, const void *b, void *data)
{
    (void)data;
    const struct sim_problem *first = a;
    const struct sim_problem *second = b;
    int by_file = strcmp(first->file, second->file);
    return by_file != 0 ? by_file : (first->line > second->line) - (first->line < second->line);
}

void sim_problems_sort(struct sim_problems *problems)
{
    if (problems->count > 1) {
        sim_sort(problems->items, problems->count, sizeof(problems->items[0]), problem_compare,
                 NULL);
    }
}

void sim_problems_print(const struct sim_problems *problems, FILE *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct sim_problem *item = &problems->items[i];
        if (item->line > 0) {
            fprintf(out, "%s:%d: %s\n", item->file, item->line, item->text);
        } else {
            fprintf(out, "%s: %s\n", item->file, item->text);
        }
    }
}
