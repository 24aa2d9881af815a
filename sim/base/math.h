/* Elementary functions that give the same bits on every machine.
 *
 * A C library's log, exp and pow differ between versions and between processors with and without
 * fused multiply-add; whatever shapes a run uses these instead. They are built from IEEE 754 basic
 * operations only (+ - * / sqrt, conversions, bit moves) and agree with correctly rounded results
 * to about one unit in the last place (tests/unit/test_math.c prints the worst case found).
 * Special values follow C17 Annex F.
 */
#ifndef BRINK_BASE_MATH_H
#define BRINK_BASE_MATH_H

double sim_log(double x);
double sim_log1p(double x);
double sim_exp(double x);
double sim_expm1(double x);
double sim_pow(double x, double y);
double sim_sqrt(double x);
double sim_floor(double x);
double sim_ceil(double x);
double sim_sin(double x); /* radians, of any size */
double sim_cos(double x);

double sim_lgamma(double x); /* x > 0; relative error 1e-13 */

/* Standard normal distribution function and its inverse (Wichura 1988, AS 241). */
double sim_normal_cdf(double x);
double sim_normal_quantile(double p);

/* Regularised incomplete gamma functions for a > 0, x >= 0: P(a, x) from 0 to x, Q = 1 - P beyond,
 * each to a relative error of 1e-10 (which 1 - P would not have in the tail). The inverses in x
 * take a probability within 0 .. 1. The cost grows with the square root of a. */
double sim_gamma_p(double a, double x);
double sim_gamma_q(double a, double x);
double sim_gamma_p_inverse(double a, double p);
double sim_gamma_q_inverse(double a, double q);

#endif
