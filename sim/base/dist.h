/* Distributions: immutable values that can be drawn from, and that know their mean, variance and
 * quantiles, so that theory and envelope can use what the simulation uses.
 *
 * A distribution is unit-free; whoever holds it knows whether it yields seconds, bytes or keys.
 * Durations are held in SECONDS and drawn as integer nanoseconds by sim_dist_draw_time. Shapes are
 * continuous on the real line unless said otherwise.
 *
 * Every draw takes exactly one number of the caller's stream (of a constant: none), so that common
 * random numbers stay in step between variants. Most laws are drawn by inversion, all in the same
 * direction; Erlang and gamma draws go on in a stream of their own, seeded with the one number.
 */
#ifndef BRINK_BASE_DIST_H
#define BRINK_BASE_DIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/time.h"

enum sim_dist_kind {
    SIM_DIST_CONSTANT,
    SIM_DIST_UNIFORM,
    SIM_DIST_EXPONENTIAL,
    SIM_DIST_ERLANG,
    SIM_DIST_GAMMA,
    SIM_DIST_HYPEREXPONENTIAL,
    SIM_DIST_NORMAL, /* not truncated; wrap in SIM_DIST_TRUNCATED or take |x| with SIM_DIST_FOLDED
                      */
    SIM_DIST_FOLDED_NORMAL,
    SIM_DIST_LOGNORMAL,
    SIM_DIST_WEIBULL,
    SIM_DIST_PARETO,    /* x_m, alpha */
    SIM_DIST_MIXTURE,   /* weights and parts */
    SIM_DIST_SHIFTED,   /* part + offset */
    SIM_DIST_SCALED,    /* part * factor */
    SIM_DIST_TRUNCATED, /* part conditioned on [low, high] */
    SIM_DIST_QUANTILES, /* piecewise linear quantile function through given (p, x) points */
    SIM_DIST_EMPIRICAL  /* sample values, each equally likely */
};

struct sim_dist; /* opaque; lives in the arena that made it */

/* Makers. Each returns NULL and sets *ret_error (a static text for the user, without the name of
 * the argument's place) when the arguments make no law; `arena` owns the result and keeps `part`s,
 * which must live as long. Arrays are copied. A law may contain at most 1,000 others, shared ones
 * counted each time. Laws that come out as a single value are of kind SIM_DIST_CONSTANT; truncating
 * a mixture, a shifted or a scaled law gives a law of that kind, made of truncated ones.
 *
 * The two makers without ret_error return NULL when the number is not finite (and sim_dist_shifted
 * when the law would contain too many others). */
const struct sim_dist *sim_dist_constant(struct sim_arena *arena, double value);
const struct sim_dist *sim_dist_uniform(struct sim_arena *arena, double low, double high,
                                        const char **ret_error);
const struct sim_dist *sim_dist_exponential(struct sim_arena *arena, double mean,
                                            const char **ret_error);
const struct sim_dist *sim_dist_erlang(struct sim_arena *arena, int stages, double mean,
                                       const char **ret_error);
const struct sim_dist *sim_dist_gamma(struct sim_arena *arena, double shape, double mean,
                                      const char **ret_error);
/* Phase i with probability weights[i] is exponential with means[i]; weights are normalised. */
const struct sim_dist *sim_dist_hyperexponential(struct sim_arena *arena, const double *weights,
                                                 const double *means, size_t count,
                                                 const char **ret_error);
const struct sim_dist *sim_dist_normal(struct sim_arena *arena, double mean, double sd,
                                       const char **ret_error);
const struct sim_dist *sim_dist_folded_normal(struct sim_arena *arena, double mean, double sd,
                                              const char **ret_error);
/* exp(Normal(mu, sigma)). */
const struct sim_dist *sim_dist_lognormal(struct sim_arena *arena, double mu, double sigma,
                                          const char **ret_error);
/* The lognormal with this median and this quantile x at probability p > 0.5. */
const struct sim_dist *sim_dist_lognormal_median(struct sim_arena *arena, double median, double p,
                                                 double x, const char **ret_error);
const struct sim_dist *sim_dist_weibull(struct sim_arena *arena, double shape, double scale,
                                        const char **ret_error);
const struct sim_dist *sim_dist_pareto(struct sim_arena *arena, double x_min, double alpha,
                                       const char **ret_error);
const struct sim_dist *sim_dist_mixture(struct sim_arena *arena, const double *weights,
                                        const struct sim_dist *const *parts, size_t count,
                                        const char **ret_error);
const struct sim_dist *sim_dist_shifted(struct sim_arena *arena, const struct sim_dist *part,
                                        double offset);
const struct sim_dist *sim_dist_scaled(struct sim_arena *arena, const struct sim_dist *part,
                                       double factor, const char **ret_error);
/* low < high; either may be infinite. Where the range is narrow against its distance from 0 the
 * variance loses digits to cancellation; all else is exact. */
const struct sim_dist *sim_dist_truncated(struct sim_arena *arena, const struct sim_dist *part,
                                          double low, double high, const char **ret_error);
/* probabilities[] rises from >= 0 to <= 1, values[] does not fall; linear between, flat outside. */
const struct sim_dist *sim_dist_quantiles(struct sim_arena *arena, const double *probabilities,
                                          const double *values, size_t count,
                                          const char **ret_error);
const struct sim_dist *sim_dist_empirical(struct sim_arena *arena, const double *values,
                                          size_t count, const char **ret_error);

double sim_dist_draw(const struct sim_dist *dist, struct sim_random *random);

/* The draw in seconds as a duration: rounded to the nearest nanosecond, negative draws give 0. */
sim_time sim_dist_draw_time(const struct sim_dist *dist, struct sim_random *random);

#define SIM_BYTES_MAX INT64_C(1000000000000000) /* 1 PB: sums of a run's sizes stay in 64 bits */

/* A size in whole bytes, cut to 0 and SIM_BYTES_MAX. */
int64_t sim_bytes_from(double bytes);
/* The draw as one. */
int64_t sim_dist_draw_bytes(const struct sim_dist *dist, struct sim_random *random);

enum sim_dist_kind sim_dist_kind(const struct sim_dist *dist);
double sim_dist_mean(const struct sim_dist *dist);     /* infinity where it does not exist */
double sim_dist_variance(const struct sim_dist *dist); /* likewise */
double sim_dist_cdf(const struct sim_dist *dist, double x);
/* The least x with cdf(x) >= p, 0 <= p <= 1. */
double sim_dist_quantile(const struct sim_dist *dist, double p);
double sim_dist_min(const struct sim_dist *dist); /* -infinity where unbounded */

/* Whether it is constant, and then its value. */
bool sim_dist_is_constant(const struct sim_dist *dist, double *ret_value);

/* Zipf over 0 .. n-1: P(k) proportional to (k+1)^-exponent, exponent >= 0. O(1) a draw. */
struct sim_zipf;
const struct sim_zipf *sim_zipf_new(struct sim_arena *arena, uint64_t n, double exponent,
                                    const char **ret_error);
uint64_t sim_zipf_draw(const struct sim_zipf *zipf, struct sim_random *random);
double sim_zipf_probability(const struct sim_zipf *zipf, uint64_t k);

#endif
