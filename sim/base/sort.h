/* Stable merge sort, and an LSD radix sort of 64-bit values. */
#ifndef BRINK_BASE_SORT_H
#define BRINK_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

typedef int (*sim_compare)(const void *a, const void *b, void *data);

/* Sorts `count` records of `size` bytes; equal ones keep their order. */
void sim_sort(void *base, size_t count, size_t size, sim_compare compare, void *data);
void sim_sort_u64(uint64_t *values, size_t count);

#endif
