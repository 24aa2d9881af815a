/* Exact laws of times in a station that sim/stats does not know, for quantiles: M/E_k/1, M/H2/1,
 * the urgent of two classes, stations in a row or in branches, and whatever waits in order of
 * arrival for exponential servers and finds a known number of others. Rates and times in one unit.
 * Laws that are known by a transform are in stack_transform.h, those of processor sharing in
 * stack_sharing.h. */
#ifndef TESTS_THEORY_STACK_EXACT_H
#define TESTS_THEORY_STACK_EXACT_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "stats/theory_networks.h"
#include "stats/theory_queues.h"

/* P(time > t) of some law. */
typedef double (*exact_tail)(double t, const void *law);

/* The t that is exceeded with probability 1 - p, by bisection; `scale` is about the mean. */
static inline double exact_quantile(exact_tail tail, const void *law, double p, double scale)
{
    double low = 0.0, high = scale;
    while (tail(high, law) > 1.0 - p) {
        high *= 2.0;
    }
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2.0;
        if (tail(middle, law) > 1.0 - p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* M/E_k/1 in phases of rate k mu: a request brings k of them, and whoever finds n waits for an
 * Erlang time of n stages. Between n and n + 1 phases: k mu p[n+1] = lambda (p[n-k+1] + ... +
 * p[n]). */
#define EXACT_PHASES 4000
struct exact_erlang {
    int stages;
    double rate;                /* of a phase: k mu */
    double above[EXACT_PHASES]; /* P(more than n phases) */
    bool with_service;
};

static inline void exact_erlang_init(struct exact_erlang *law, int stages, double lambda, double mu)
{
    double present[EXACT_PHASES];
    law->stages = stages;
    law->rate = stages * mu;
    present[0] = 1.0 - lambda / mu;
    law->above[0] = lambda / mu;
    for (int n = 0; n + 1 < EXACT_PHASES; n++) {
        double sum = 0.0;
        for (int j = n; j >= 0 && j > n - stages; j--) {
            sum += present[j];
        }
        present[n + 1] = lambda / law->rate * sum;
        law->above[n + 1] = fmax(law->above[n] - present[n + 1], 0.0);
    }
}

/* P(Erlang time of m stages > t) is the chance of fewer than m Poisson events. */
static inline double exact_erlang_tail(double t, const void *data)
{
    const struct exact_erlang *law = data;
    int own = law->with_service ? law->stages : 0;
    double poisson = exp(-law->rate * t), tail = 0.0;
    for (int j = 0; j - own < EXACT_PHASES; j++) {
        tail += poisson * (j < own ? 1.0 : law->above[j - own]);
        poisson *= law->rate * t / (j + 1);
    }
    return tail;
}

/* A sum of two exponentials: a[0] exp(-r[0] t) + a[1] exp(-r[1] t). */
struct exact_pair {
    double a[2], r[2];
};

static inline double exact_pair_tail(double t, const void *data)
{
    const struct exact_pair *law = data;
    return law->a[0] * exp(-law->r[0] * t) + law->a[1] * exp(-law->r[1] * t);
}

/* M/H2/1, time inside: its transform is (1 - rho) M(s) / ((s + r0) (s + r1)), M(s) = p1 mu1 (s +
 * mu2)
 * + p2 mu2 (s + mu1), from Pollaczek and Khinchine. */
static inline struct exact_pair exact_hyper(double lambda, double mean, double scv)
{
    struct sim_theory_h2 h = sim_theory_h2_balanced(mean, scv);
    double p2 = 1.0 - h.p1;
    double sum = h.mu1 + h.mu2 - lambda;
    double product = h.mu1 * h.mu2 - lambda * (h.p1 * h.mu2 + p2 * h.mu1);
    double root = sqrt(sum * sum / 4.0 - product);
    struct exact_pair law = {.r = {sum / 2.0 - root, sum / 2.0 + root}};
    for (int i = 0; i < 2; i++) {
        double s = -law.r[i];
        double top = h.p1 * h.mu1 * (s + h.mu2) + p2 * h.mu2 * (s + h.mu1);
        law.a[i] = (1.0 - lambda * mean) * top / (law.r[1 - i] - law.r[i]) / law.r[i];
    }
    return law;
}

/* The urgent of two classes that are never interrupted, one service rate mu: the wait is 0 with
 * probability 1 - rho and else exponential with rate mu - lambda1; service follows. */
static inline struct exact_pair exact_urgent(double lambda1, double lambda2, double mu)
{
    double rho = (lambda1 + lambda2) / mu, r = mu - lambda1;
    /* P(Exp(r) + Exp(mu) > t) = (mu exp(-r t) - r exp(-mu t)) / (mu - r) */
    return (struct exact_pair){
        .a = {rho * mu / lambda1, 1.0 - rho - rho * r / lambda1},
        .r = {r, mu},
    };
}

/* k independent exponential times of one rate, one after the other. */
struct exact_stages {
    int stages;
    double rate;
};

static inline double exact_stages_tail(double t, const void *data)
{
    const struct exact_stages *law = data;
    double poisson = exp(-law->rate * t), tail = 0.0;
    for (int j = 0; j < law->stages; j++) {
        tail += poisson;
        poisson *= law->rate * t / (j + 1);
    }
    return tail;
}

/* One exponential time of rate first, and with probability share[i] one of rate then[i] after it:
 * a station and its branches, where nobody overtakes anybody on another way and times at each
 * station are therefore independent (Walrand and Varaiya, "Sojourn times and the overtaking
 * condition in Jacksonian networks", Advances in Applied Probability 12, 1980). */
struct exact_branches {
    double first, share[2], then[2];
};

static inline double exact_branches_tail(double t, const void *data)
{
    const struct exact_branches *law = data;
    double alone = exp(-law->first * t), tail = 0.0;
    for (int i = 0; i < 2; i++) {
        double a = law->first, b = law->then[i];
        tail += law->share[i] * (b * alone - a * exp(-b * t)) / (b - a);
    }
    return tail + (1.0 - law->share[0] - law->share[1]) * alone;
}

/* Time inside, in order of arrival, before `servers` of rate mu each, for those who find n others
 * with probability found[n]: n - servers + 1 must leave first, each after an exponential time of
 * rate a = servers mu, and then comes the own service. */
#define EXACT_FOUND 128
struct exact_found {
    int servers;
    double mu;
    double found[EXACT_FOUND];
};

static inline double exact_found_tail(double t, const void *data)
{
    const struct exact_found *law = data;
    double own = exp(-law->mu * t), tail = 0.0;
    double a = law->servers * law->mu, stretch = 1.0;
    double more = exp(-a * t), waits = 0.0;               /* Erlang time of k stages > t */
    double less = exp(-(a - law->mu) * t), shorter = 0.0; /* the same of rate a - mu */
    for (int n = 0; n < EXACT_FOUND; n++) {
        int k = n - law->servers + 1;
        if (k < 1) {
            tail += law->found[n] * own;
            continue;
        }
        waits += more;
        more *= a * t / k;
        shorter += less;
        less *= (a - law->mu) * t / k;
        if (law->servers == 1) { /* own service is one stage more */
            tail += law->found[n] * (waits + more);
        } else {
            stretch *= a / (a - law->mu);
            tail += law->found[n] * (waits + own * stretch * (1.0 - shorter));
        }
    }
    return tail;
}

/* M/M/c/K: those who are let in find fewer than `places`, in proportion to p[n] (Gross 2.4). */
static inline struct exact_found exact_admitted(int servers, int places, double lambda, double mu)
{
    assert(places <= EXACT_FOUND);
    struct exact_found law = {.servers = servers, .mu = mu};
    double p = 1.0, sum = 0.0;
    for (int n = 0; n < places; n++) {
        law.found[n] = p;
        sum += p;
        p *= lambda / (mu * (n + 1 < servers ? n + 1 : servers));
    }
    for (int n = 0; n < places; n++) {
        law.found[n] /= sum;
    }
    return law;
}

/* M/M/c//N: a machine that breaks finds what a system without it has on average (Lavenberg and
 * Reiser 1980, Sevcik and Mitrani 1981): p[n] of the N - 1 others. */
static inline struct exact_found exact_broken(int machines, int servers, double lambda, double mu)
{
    assert(machines <= EXACT_FOUND);
    struct exact_found law = {.servers = servers, .mu = mu};
    double p = 1.0, sum = 0.0;
    for (int n = 0; n < machines; n++) {
        law.found[n] = p;
        sum += p;
        p *= (machines - 1 - n) * lambda / (mu * (n + 1 < servers ? n + 1 : servers));
    }
    for (int n = 0; n < machines; n++) {
        law.found[n] /= sum;
    }
    return law;
}

/* The shortest of d queues among very many has n or more with probability s[n]^d,
 * s[n] = rho^((d^n - 1) / (d - 1)) (Mitzenmacher 2001). */
static inline struct exact_found exact_shorter(unsigned d, double rho, double mu)
{
    struct exact_found law = {.servers = 1, .mu = mu};
    for (unsigned n = 0; n < EXACT_FOUND; n++) {
        double here = pow(sim_theory_power_of_d_tail(d, rho, n), d);
        double above = pow(sim_theory_power_of_d_tail(d, rho, n + 1), d);
        law.found[n] = here - above;
    }
    return law;
}

#endif
