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
double sim_sin(double x); /* |x| <= 2^20, enough for daily cycles */
double sim_cos(double x);

double sim_lgamma(double x); /* x > 0; relative error 1e-13 */

/* Standard normal distribution function and its inverse (Wichura 1988, AS 241). */
double sim_normal_cdf(double x);
double sim_normal_quantile(double p);

/* Regularised lower incomplete gamma P(a, x) and its inverse in x. Relative error 1e-10. */
double sim_gamma_p(double a, double x);
double sim_gamma_p_inverse(double a, double p);

#endif
