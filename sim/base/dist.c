/* What all laws share: drawing, asking, and the search that inverts where no formula does. */
#include "base/dist.h"

#include <math.h> /* INFINITY and isfinite; no function of it */
#include <string.h>

#include "base/dist_law.h"
#include "base/math.h"

double sim_dist_draw(const struct sim_dist *dist, struct sim_random *random)
{
    if (dist->kind == SIM_DIST_EXPONENTIAL) {
        return -dist->of.exponential.mean * sim_log(sim_random_unit(random));
    }
    if (dist->kind == SIM_DIST_CONSTANT) {
        return dist->of.constant.value;
    }
    return dist->law->from_unit(dist, sim_random_unit(random));
}

sim_time sim_dist_draw_time(const struct sim_dist *dist, struct sim_random *random)
{
    return sim_time_from_seconds(sim_dist_draw(dist, random));
}

int64_t sim_bytes_from(double bytes)
{
    if (!(bytes > 0.0)) {
        return 0;
    }
    return bytes < (double)SIM_BYTES_MAX ? (int64_t)bytes : SIM_BYTES_MAX;
}

int64_t sim_dist_draw_bytes(const struct sim_dist *dist, struct sim_random *random)
{
    return sim_bytes_from(sim_dist_draw(dist, random));
}

enum sim_dist_kind sim_dist_kind(const struct sim_dist *dist)
{
    return dist->kind;
}

double sim_dist_mean(const struct sim_dist *dist)
{
    return dist->mean;
}

double sim_dist_variance(const struct sim_dist *dist)
{
    return dist->variance;
}

double sim_dist_cdf(const struct sim_dist *dist, double x)
{
    if (!(x < dist->max)) {
        return x != x ? x : 1.0;
    }
    return x < dist->min ? 0.0 : dist->law->probability(dist, x, SIM_DIST_BELOW);
}

double sim_dist_quantile(const struct sim_dist *dist, double p)
{
    if (!(p > 0.0 && p < 1.0)) {
        return p != p ? p : p <= 0.0 ? dist->min : dist->max;
    }
    return dist->law->value(dist, p, SIM_DIST_BELOW);
}

double sim_dist_min(const struct sim_dist *dist)
{
    return dist->min;
}

bool sim_dist_is_constant(const struct sim_dist *dist, double *ret_value)
{
    if (dist->kind != SIM_DIST_CONSTANT) {
        return false;
    }
    *ret_value = dist->of.constant.value;
    return true;
}

const struct sim_dist *sim_dist_refuse(const char **ret_error, const char *error)
{
    *ret_error = error;
    return NULL;
}

struct sim_dist *sim_dist_make(struct sim_arena *arena, enum sim_dist_kind kind,
                               const struct sim_dist_law *law)
{
    struct sim_dist *dist = sim_arena_new(arena, struct sim_dist);
    dist->kind = kind;
    dist->law = law;
    dist->max = INFINITY;
    dist->laws = 1;
    return dist;
}

void sim_dist_local_stream(struct sim_random *local, double unit)
{
    uint64_t state;
    memcpy(&state, &unit, sizeof(state));
    for (int i = 0; i < 4; i++) {
        local->state[i] = sim_splitmix64(&state);
    }
}

/* Doubles as integers in the same order, and back. */
static int64_t rank_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits < 0 ? INT64_MIN - bits : bits;
}

static double at_rank(int64_t rank)
{
    int64_t bits = rank < 0 ? INT64_MIN - rank : rank;
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

double sim_dist_before(double x)
{
    return x == -INFINITY ? x : at_rank(rank_of(x) - 1);
}

double sim_dist_bisect(const struct sim_dist *dist, double p, enum sim_dist_side side, double low,
                       double high)
{
    int64_t first = rank_of(low);
    int64_t last = rank_of(high);
    while (first < last) {
        int64_t middle = (first & last) + ((first ^ last) >> 1); /* their mean, rounded down */
        double probability = dist->law->probability(dist, at_rank(middle), side);
        bool reaches = side == SIM_DIST_BELOW ? probability >= p : probability <= p;
        if (reaches) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    return at_rank(first);
}

double sim_dist_mass(const struct sim_dist *dist, double low, double high)
{
    double before = sim_dist_before(low);
    double below = dist->law->probability(dist, before, SIM_DIST_BELOW);
    if (below < 0.5) {
        return dist->law->probability(dist, high, SIM_DIST_BELOW) - below;
    }
    return dist->law->probability(dist, before, SIM_DIST_ABOVE) -
           dist->law->probability(dist, high, SIM_DIST_ABOVE);
}
