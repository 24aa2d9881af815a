/* What the benchmarks share: processor time, medians, one line per row.
 *
 * Rows are compared by interleaving: each repetition measures every variant once, so that a change
 * of the machine's mood hits all of them; a row prints medians, and the median of the ratios.
 */
#ifndef BRINK_TESTS_BENCH_H
#define BRINK_TESTS_BENCH_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_REPETITIONS_MAX 64

/* Seconds of processor time that this process has used. */
static inline double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Bytes of memory that this process holds. */
static inline double bench_resident_bytes(void)
{
    double size = 0;
    double pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lf %lf", &size, &pages) != 2) {
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return pages * 4096;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_median(const double *values, size_t count)
{
    double sorted[BENCH_REPETITIONS_MAX];
    for (size_t i = 0; i < count; i++) {
        sorted[i] = values[i];
    }
    qsort(sorted, count, sizeof *sorted, bench_compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* The median over repetitions of ours[i] / theirs[i]. */
static inline double bench_ratio(const double *ours, const double *theirs, size_t count)
{
    double ratios[BENCH_REPETITIONS_MAX];
    for (size_t i = 0; i < count; i++) {
        ratios[i] = ours[i] / theirs[i];
    }
    return bench_median(ratios, count);
}

static inline void bench_row(const char *name, double value, const char *unit, double ratio,
                             const char *ratio_to)
{
    printf("%s\t%.4g\t%s\t%.3f\t%s\n", name, value, unit, ratio, ratio_to);
    fflush(stdout);
}

#endif
