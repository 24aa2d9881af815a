/* What a law is made of, shared by base/dist*.c and by nobody else.
 *
 * Every law answers in both directions from both ends: P(X <= x) and P(X > x), and their inverses.
 * The upper end has its own functions because 1 - p forgets the tail: P(X > x) may be 1e-300.
 *
 * A draw is the value that is exceeded with probability u, u uniform: it falls as u grows in every
 * law that is drawn by inversion, so that variants which differ only in a law stay positively
 * coupled.
 */
#ifndef BRINK_BASE_DIST_LAW_H
#define BRINK_BASE_DIST_LAW_H

#include "base/dist.h"

enum sim_dist_side {
    SIM_DIST_BELOW, /* P(X <= x) */
    SIM_DIST_ABOVE  /* P(X > x) */
};

/* Bounds what one question costs and how deep calls nest, whatever a scenario builds. */
#define SIM_DIST_LAWS_MAX ((size_t)1000)

struct sim_dist_law {
    double (*probability)(const struct sim_dist *dist, double x, enum sim_dist_side side);
    /* The least x with P(X <= x) >= p, or with P(X > x) <= p; 0 < p < 1. */
    double (*value)(const struct sim_dist *dist, double p, enum sim_dist_side side);
    /* E[X^power; low <= X <= high], power 1 or 2, low <= high; either may be infinite. NULL for
     * the laws that sim_dist_truncated takes apart. */
    double (*partial)(const struct sim_dist *dist, double low, double high, int power);
    /* A draw from one uniform number. */
    double (*from_unit)(const struct sim_dist *dist, double unit);
};

struct sim_dist {
    enum sim_dist_kind kind;
    const struct sim_dist_law *law;
    double mean, variance;
    double min, max; /* of the support */
    size_t laws;     /* this one and all within it, shared ones counted each time */
    union {
        struct {
            double value;
        } constant;
        struct {
            double mean;
        } exponential;
        struct {
            double shape, scale;
            int stages; /* of an Erlang law, 0 otherwise */
        } gamma;
        struct {
            double mean, sd;
        } normal; /* of the normal variable inside, also for folded and lognormal */
        struct {
            double shape, scale;
        } weibull;
        struct {
            double x_min, alpha;
        } pareto;
        struct {
            const double *weights; /* add up to 1 */
            const struct sim_dist *const *parts;
            size_t count;
        } mixture;
        struct {
            const struct sim_dist *part;
            double change; /* offset or factor */
        } changed;
        struct {
            const struct sim_dist *part;
            double below, inside,
                above; /* P(X < min), P(min <= X <= max), P(X > max) of the part */
        } truncated;
        struct {
            const double *probabilities; /* NULL in an empirical law */
            const double *values;
            size_t count;
        } table;
    } of;
};

/* An empty law of a kind, in the arena. */
struct sim_dist *sim_dist_make(struct sim_arena *arena, enum sim_dist_kind kind,
                               const struct sim_dist_law *law);
/* Sets the error and returns NULL. */
const struct sim_dist *sim_dist_refuse(const char **ret_error, const char *error);

/* A stream seeded with one uniform number, for laws whose draw takes several. */
void sim_dist_local_stream(struct sim_random *local, double unit);

/* law->value by bisection of law->probability between two doubles that are known to enclose it. */
double sim_dist_bisect(const struct sim_dist *dist, double p, enum sim_dist_side side, double low,
                       double high);

/* P(low <= X <= high), from whichever end is more exact. */
double sim_dist_mass(const struct sim_dist *dist, double low, double high);

/* The double next below x. */
double sim_dist_before(double x);

#endif
