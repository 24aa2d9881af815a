/* Where the warm-up ends, read off the output itself. */
#ifndef BRINK_STATS_MSER_H
#define BRINK_STATS_MSER_H

#include <stddef.h>

/* MSER-5 (White 1997; Franklin and White 2008): the count of leading values to drop from a series
 * of `count` batch means (five observations each) so that the standard error of the mean of the
 * rest is least. `count` when the series gives no such point: the least lies at the end of the
 * first half or beyond, a value is not finite, or there are fewer than ten. */
size_t sim_mser(const double *values, size_t count);

#endif
