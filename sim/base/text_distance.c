/* "Did you mean": optimal string alignment, the edit distance in which inserting, deleting,
 * replacing and swapping two neighbours each cost one and no place is edited twice (Damerau, CACM
 * 7(3), 1964). As in Git's help.c, a suggestion must lie above a floor: a word that shares little
 * with every candidate gets none.
 */
#include <string.h>

#include "base/text.h"

#define LENGTH_MAX ((size_t)64) /* longer words are compared for equality only */
#define PREFIX_MIN ((size_t)3)  /* a shorter beginning says too little */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* One row of the table: distances of the first `i` letters of `a` from every beginning of `b`. */
static int fill_row(const char *a, size_t i, const char *b, size_t b_length, const int *before_last,
                    const int *last, int *row)
{
    row[0] = (int)i;
    int row_least = row[0];
    for (size_t j = 1; j <= b_length; j++) {
        int cost = a[i - 1] == b[j - 1] ? 0 : 1;
        int distance = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
            distance = least(distance, before_last[j - 2] + 1);
        }
        row[j] = distance;
        row_least = least(row_least, distance);
    }
    return row_least;
}

int sim_text_distance(const char *a, const char *b, int limit)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > LENGTH_MAX || b_length > LENGTH_MAX) {
        return strcmp(a, b) == 0 ? 0 : limit + 1;
    }
    int rows[3][LENGTH_MAX + 1] = {{0}};
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        int row_least =
            fill_row(a, i, b, b_length, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
        if (row_least > limit) {
            return limit + 1; /* nothing below is less: a swap costs what its first letter does */
        }
    }
    return least(rows[a_length % 3][b_length], limit + 1);
}

static bool is_same_but_for_case(const char *a, const char *b)
{
    size_t i = 0;
    while (a[i] != '\0' && b[i] != '\0') {
        int difference = a[i] ^ b[i]; /* letters of the two cases differ in one bit */
        int letter = a[i] | 0x20;
        if (difference != 0 && (difference != 0x20 || letter < 'a' || letter > 'z')) {
            return false;
        }
        i++;
    }
    return a[i] == b[i];
}

/* "to" of "miss_to". */
static bool is_end_of(const char *word, const char *whole)
{
    size_t length = strlen(word), whole_length = strlen(whole);
    return length > 1 && whole_length > length + 1 && whole[whole_length - length - 1] == '_' &&
           strcmp(whole + whole_length - length, word) == 0;
}

const char *sim_text_nearest(const char *word, const char *const *words)
{
    size_t length = strlen(word);
    int limit = length <= 4 ? 1 : length <= 6 ? 2 : (int)(length / 3);
    const char *nearest = NULL;
    int nearest_distance = limit + 1;
    for (; *words != NULL; words++) {
        int distance = sim_text_distance(word, *words, limit);
        if (distance > 1 && length >= PREFIX_MIN && strncmp(word, *words, length) == 0) {
            distance = 1; /* cut short, rather than misspelt */
        }
        if (distance > 1 && (is_same_but_for_case(word, *words) || is_end_of(word, *words))) {
            distance = 1;
        }
        if (distance < nearest_distance && (size_t)distance < length) {
            nearest = *words;
            nearest_distance = distance;
        }
    }
    return nearest;
}
