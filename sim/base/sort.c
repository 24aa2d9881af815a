/* Bottom-up merge sort: insertion-sorted runs, then passes that merge neighbours to and fro between
 * the records and a scratch copy. Stable, O(n log n) whatever the input, and the same sequence of
 * comparisons everywhere, which the C library's qsort promises none of.
 */
#include "base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#define RUN_COUNT ((size_t)8)    /* records sorted by insertion before merging begins */
#define RADIX_WORTH ((size_t)64) /* below this many values insertion is faster */

struct sorter {
    size_t size;
    sim_compare compare;
    void *data;
    unsigned char *spare; /* room for one record */
};

static void sort_run(const struct sorter *sorter, unsigned char *base, size_t count)
{
    size_t size = sorter->size;
    for (size_t i = 1; i < count; i++) {
        size_t place = i;
        while (place > 0 &&
               sorter->compare(base + (place - 1) * size, base + i * size, sorter->data) > 0) {
            place--;
        }
        if (place < i) {
            memcpy(sorter->spare, base + i * size, size);
            memmove(base + (place + 1) * size, base + place * size, (i - place) * size);
            memcpy(base + place * size, sorter->spare, size);
        }
    }
}

/* Merges from[0 .. middle) and from[middle .. end) into `to`; on a tie the left one goes first. */
static void merge(const struct sorter *sorter, const unsigned char *from, unsigned char *to,
                  size_t middle, size_t end)
{
    size_t size = sorter->size;
    size_t left = 0;
    size_t right = middle;
    while (left < middle && right < end) {
        const unsigned char *a = from + left * size;
        const unsigned char *b = from + right * size;
        bool takes_right = sorter->compare(a, b, sorter->data) > 0;
        memcpy(to, takes_right ? b : a, size);
        to += size;
        left += takes_right ? 0 : 1;
        right += takes_right ? 1 : 0;
    }
    memcpy(to, from + left * size, (middle - left) * size);
    memcpy(to + (middle - left) * size, from + right * size, (end - right) * size);
}

void sim_sort(void *base, size_t count, size_t size, sim_compare compare, void *data)
{
    if (count < 2 || size == 0) {
        return;
    }
    unsigned char *records = base;
    unsigned char *scratch = g_malloc_n(count + 1, size);
    struct sorter sorter = {size, compare, data, scratch + count * size};
    for (size_t start = 0; start < count; start += RUN_COUNT) {
        size_t rest = count - start;
        sort_run(&sorter, records + start * size, rest < RUN_COUNT ? rest : RUN_COUNT);
    }
    unsigned char *from = records;
    unsigned char *to = scratch;
    for (size_t width = RUN_COUNT; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t rest = count - start;
            size_t middle = rest < width ? rest : width;
            size_t end = rest < 2 * width ? rest : 2 * width;
            merge(&sorter, from + start * size, to + start * size, middle, end);
        }
        unsigned char *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != records) {
        memcpy(records, from, count * size);
    }
    g_free(scratch);
}

static void sort_few_u64(uint64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        size_t place = i;
        for (; place > 0 && values[place - 1] > value; place--) {
            values[place] = values[place - 1];
        }
        values[place] = value;
    }
}

/* How often each value of each of the eight bytes occurs. */
static void count_bytes(const uint64_t *values, size_t count, size_t histogram[8][256])
{
    memset(histogram, 0, (size_t)8 * 256 * sizeof(histogram[0][0]));
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < 8; byte++) {
            histogram[byte][values[i] >> (8 * byte) & 0xff]++;
        }
    }
}

/* One pass: places `from` into `to` in the order of one byte, keeping the order among equals. */
static void scatter(const uint64_t *from, uint64_t *to, size_t count, unsigned byte,
                    const size_t histogram[256])
{
    size_t place[256];
    size_t sum = 0;
    for (size_t i = 0; i < 256; i++) {
        place[i] = sum;
        sum += histogram[i];
    }
    for (size_t i = 0; i < count; i++) {
        to[place[from[i] >> (8 * byte) & 0xff]++] = from[i];
    }
}

void sim_sort_u64(uint64_t *values, size_t count)
{
    if (count < RADIX_WORTH) {
        sort_few_u64(values, count);
        return;
    }
    size_t histogram[8][256];
    count_bytes(values, count, histogram);
    uint64_t *scratch = g_new(uint64_t, count);
    uint64_t *from = values;
    uint64_t *to = scratch;
    for (unsigned byte = 0; byte < 8; byte++) {
        if (histogram[byte][values[0] >> (8 * byte) & 0xff] == count) {
            continue; /* the same in all: nothing to order */
        }
        scatter(from, to, count, byte, histogram[byte]);
        uint64_t *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != values) {
        memcpy(values, from, count * sizeof(values[0]));
    }
    g_free(scratch);
}
