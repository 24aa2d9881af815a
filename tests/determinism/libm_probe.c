/* Prints a hash over results of the C library's exp, log, pow and sin: it changes when the library
 * takes other code paths, which is how scripts/determinism knows that it did. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double x = (double)(state >> 11) * 0x1p-53 + 0x1p-54;
        double values[4] = {exp(20 * x - 10), log(x), pow(x, 3.7), sin(100 * x)};
        for (int k = 0; k < 4; k++) {
            uint64_t bits;
            memcpy(&bits, &values[k], sizeof bits);
            hash = (hash ^ bits) * UINT64_C(1099511628211);
        }
    }
    printf("%016" PRIx64 "\n", hash);
    return 0;
}
