/* Rounding and square root. IEEE 754 defines these to the bit, so the compiler's own will do for
 * the root; floor and ceil are done by conversion, exact below 2^52 and the identity above.
 */
#include "base/math.h"

#include <stdint.h>

#include "base/math_tables.h"

#define ALL_INTEGERS 0x1p52 /* from here on doubles have no fraction */

double sim_sqrt(double x)
{
    return __builtin_sqrt(x);
}

double sim_floor(double x)
{
    if (!(x < ALL_INTEGERS && x > -ALL_INTEGERS) || x == 0.0) {
        return x; /* NaN and signed zero too */
    }
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
}

double sim_ceil(double x)
{
    return -sim_floor(-x);
}
