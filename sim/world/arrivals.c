/* Arrivals: the family, and the plan of the next arrival, which is the same for every law.
 *
 * Left out: arrivals that depend on what happened before (self-exciting), and gaps that are
 * correlated other than by on-off phases.
 */
#include "base/assert.h"
#include "world/arrival_law.h"

static const struct arrival_law *law_of(const struct sim_shape *shape)
{
    return (const struct arrival_law *)(const void *)shape->constructor;
}

static const struct sim_constructor *const arrivals_constructors[] = {
    &arrival_poisson.constructor, &arrival_regular.constructor,
    &arrival_renewal.constructor, &arrival_bursty.constructor,
    &arrival_ramp.constructor,    &arrival_spike.constructor,
    &arrival_daily.constructor,   NULL,
};

const struct sim_family sim_arrivals_family = {
    .name = "arrivals",
    .example = "poisson(rate(100))",
    .constructors = arrivals_constructors,
};

static void phase_init(struct sim_arrivals *arrivals, const struct arrival_law *law,
                       struct sim_random *random)
{
    struct sim_arrival_phase *phase = &arrivals->phase;
    uint64_t seed = sim_random_u64(random);
    for (int i = 0; i < 4; i++) {
        phase->random.state[i] = sim_splitmix64(&seed);
    }
    const void *fields = arrivals->shape->fields;
    phase->is_on = sim_random_chance(&phase->random, law->on_share(fields));
    phase->ends = law->phase_length(fields, phase);
}

void sim_arrivals_init(struct sim_arrivals *arrivals, const struct sim_shape *shape,
                       struct sim_random *random)
{
    const struct arrival_law *law = law_of(shape);
    *arrivals = (struct sim_arrivals){.shape = shape};
    if (law->phase_length != NULL) {
        phase_init(arrivals, law, random);
    }
}

/* When the gap is used up, as seen from `since`; the phases are followed up to there. */
static sim_time arrivals_plan(struct sim_arrivals *arrivals)
{
    const struct arrival_law *law = law_of(arrivals->shape);
    if (law->phase_length != NULL) {
        arrivals->ahead = arrivals->phase;
    }
    if (!(arrivals->factor > 0)) {
        return SIM_NEVER;
    }
    double seconds = 0;
    if (arrivals->left > 0) {
        seconds = law->reach(arrivals->shape->fields, arrivals->since, arrivals->left,
                             arrivals->factor, &arrivals->ahead);
    }
    double ns = seconds * 1e9 + arrivals->carry_ns;
    if (!(ns < 9e18)) {
        return SIM_NEVER;
    }
    sim_time whole = ns > 0 ? (sim_time)(ns + 0.5) : 0;
    arrivals->carry_ns = ns - (double)whole;
    return sim_time_add(arrivals->since, whole);
}

sim_time sim_arrivals_next(struct sim_arrivals *arrivals, sim_time now, double factor,
                           struct sim_random *random)
{
    const struct arrival_law *law = law_of(arrivals->shape);
    const void *fields = arrivals->shape->fields;
    bool is_first = !arrivals->has_begun;
    if (law->phase_length != NULL && is_first) {
        arrivals->phase.ends = sim_time_add(arrivals->phase.ends, now);
    } else if (law->phase_length != NULL) {
        arrivals->phase = arrivals->ahead;
    }
    arrivals->has_begun = true;
    arrivals->since = now;
    arrivals->factor = factor;
    arrivals->left =
        is_first && law->first_gap != NULL ? law->first_gap(fields) : law->gap(fields, random);
    return arrivals_plan(arrivals);
}

sim_time sim_arrivals_change(struct sim_arrivals *arrivals, sim_time now, double factor)
{
    const struct arrival_law *law = law_of(arrivals->shape);
    if (arrivals->factor > 0) {
        arrivals->left -= law->passed(arrivals->shape->fields, arrivals->since, now,
                                      arrivals->factor, &arrivals->phase);
    } else if (law->phase_length != NULL) {
        law->passed(arrivals->shape->fields, arrivals->since, now, 1, &arrivals->phase);
    }
    if (arrivals->left < 0) {
        arrivals->left = 0; /* by rounding alone: the planned arrival is not before `now` */
    }
    arrivals->since = now;
    arrivals->factor = factor;
    arrivals->carry_ns = 0;
    return arrivals_plan(arrivals);
}

double sim_arrivals_rate(const struct sim_shape *shape, sim_time from, sim_time to)
{
    sim_assert(from < to);
    const struct arrival_law *law = law_of(shape);
    if (law->mean != NULL) {
        return law->mean(shape->fields);
    }
    return law->passed(shape->fields, from, to, 1, NULL) / arrival_seconds(from, to);
}
