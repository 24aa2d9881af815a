/* Arrivals with one rate (poisson, regular), with gaps of any law (renewal), and in bursts
 * (bursty: an interrupted Poisson process, Kuczura 1973, with phases of any law).
 */
#include "world/arrival_law.h"

double arrival_exponential_gap(const void *fields, struct sim_random *random)
{
    (void)fields;
    return -sim_log(sim_random_unit(random));
}

struct rate_fields {
    double rate;
    sim_time phase; /* regular */
};

static double rate_reach(const void *fields, sim_time from, double work, double factor,
                         struct sim_arrival_phase *phase)
{
    (void)from;
    (void)phase;
    return work / (((const struct rate_fields *)fields)->rate * factor);
}

static double rate_passed(const void *fields, sim_time from, sim_time to, double factor,
                          struct sim_arrival_phase *phase)
{
    (void)phase;
    return ((const struct rate_fields *)fields)->rate * factor * arrival_seconds(from, to);
}

static double regular_gap(const void *fields, struct sim_random *random)
{
    (void)fields;
    (void)random;
    return 1;
}

static double regular_first_gap(const void *fields)
{
    const struct rate_fields *regular = fields;
    return regular->rate > 0 ? sim_time_seconds(regular->phase) * regular->rate : 1;
}

static const struct sim_param poisson_params[] = {
    {"rate", SIM_PARAM_RATE, offsetof(struct rate_fields, rate), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second", NULL, NULL},
    {0},
};

const struct arrival_law arrival_poisson = {
    .constructor =
        {
            .name = "poisson",
            .help = "independent users: exponential gaps, as many requests come alone as together",
            .size = sizeof(struct rate_fields),
            .params = poisson_params,
            .positional = 1,
        },
    .gap = arrival_exponential_gap,
    .reach = rate_reach,
    .passed = rate_passed,
};

static const struct sim_param regular_params[] = {
    {"rate", SIM_PARAM_RATE, offsetof(struct rate_fields, rate), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second", NULL, NULL},
    {"phase", SIM_PARAM_DURATION, offsetof(struct rate_fields, phase), "ms(0)", SIM_NOT_NEGATIVE,
     "time of the first arrival after the source starts", NULL, NULL},
    {0},
};

const struct arrival_law arrival_regular = {
    .constructor =
        {
            .name = "regular",
            .help = "a metronome: all gaps are equal",
            .size = sizeof(struct rate_fields),
            .params = regular_params,
            .positional = 1,
        },
    .gap = regular_gap,
    .reach = rate_reach,
    .passed = rate_passed,
    .first_gap = regular_first_gap,
};

struct renewal_fields {
    const struct sim_dist *gaps;
};

static double renewal_gap(const void *fields, struct sim_random *random)
{
    double gap = sim_dist_draw(((const struct renewal_fields *)fields)->gaps, random);
    return gap > 0 ? gap : 0;
}

static double renewal_reach(const void *fields, sim_time from, double work, double factor,
                            struct sim_arrival_phase *phase)
{
    (void)fields;
    (void)from;
    (void)phase;
    return work / factor;
}

static double renewal_passed(const void *fields, sim_time from, sim_time to, double factor,
                             struct sim_arrival_phase *phase)
{
    (void)fields;
    (void)phase;
    return factor * arrival_seconds(from, to);
}

static double renewal_mean(const void *fields)
{
    return 1 / sim_dist_mean(((const struct renewal_fields *)fields)->gaps);
}

static const struct sim_param renewal_params[] = {
    {"gaps", SIM_PARAM_DURATION_LAW, offsetof(struct renewal_fields, gaps), NULL, SIM_POSITIVE,
     "law of the time between arrivals, and of that before the first", NULL, NULL},
    {0},
};

const struct arrival_law arrival_renewal = {
    .constructor =
        {
            .name = "renewal",
            .help = "independent gaps of any law: renewal(erlang(4, ms(10)))",
            .size = sizeof(struct renewal_fields),
            .params = renewal_params,
            .positional = 1,
        },
    .gap = renewal_gap,
    .reach = renewal_reach,
    .passed = renewal_passed,
    .mean = renewal_mean,
};

struct bursty_fields {
    double rate;
    const struct sim_dist *on, *off;
};

static sim_time bursty_phase_length(const void *fields, struct sim_arrival_phase *phase)
{
    const struct bursty_fields *bursty = fields;
    return sim_dist_draw_time(phase->is_on ? bursty->on : bursty->off, &phase->random);
}

static double bursty_on_share(const void *fields)
{
    const struct bursty_fields *bursty = fields;
    double on = sim_dist_mean(bursty->on);
    return on / (on + sim_dist_mean(bursty->off));
}

static void phase_turn(const struct bursty_fields *bursty, struct sim_arrival_phase *phase)
{
    phase->is_on = !phase->is_on;
    phase->ends = sim_time_add(phase->ends, bursty_phase_length(bursty, phase));
}

static double bursty_reach(const void *fields, sim_time from, double work, double factor,
                           struct sim_arrival_phase *phase)
{
    const struct bursty_fields *bursty = fields;
    double rate = bursty->rate * factor;
    if (!(rate > 0)) {
        return ARRIVAL_NEVER_SECONDS;
    }
    sim_time at = from;
    for (;;) {
        double room = phase->is_on ? rate * arrival_seconds(at, phase->ends) : 0;
        if (phase->is_on && work <= room) {
            return arrival_seconds(from, at) + work / rate;
        }
        if (phase->ends == SIM_NEVER) {
            return ARRIVAL_NEVER_SECONDS;
        }
        work -= room;
        at = phase->ends;
        phase_turn(bursty, phase);
    }
}

static double bursty_passed(const void *fields, sim_time from, sim_time to, double factor,
                            struct sim_arrival_phase *phase)
{
    const struct bursty_fields *bursty = fields;
    double on_time = 0;
    sim_time at = from;
    while (phase->ends < to) {
        on_time += phase->is_on ? arrival_seconds(at, phase->ends) : 0;
        at = phase->ends;
        phase_turn(bursty, phase);
    }
    on_time += phase->is_on ? arrival_seconds(at, to) : 0;
    return bursty->rate * factor * on_time;
}

static double bursty_mean(const void *fields)
{
    return ((const struct bursty_fields *)fields)->rate * bursty_on_share(fields);
}

static const char *bursty_validate(const void *fields)
{
    const struct bursty_fields *bursty = fields;
    /* An infinite mean is a law of its own kind; it has no long-run share of time. */
    double on = sim_dist_mean(bursty->on), off = sim_dist_mean(bursty->off);
    if (!(on < 1e300) || !(off < 1e300)) {
        return "on and off need a finite mean";
    }
    return NULL;
}

static const struct sim_param bursty_params[] = {
    {"rate", SIM_PARAM_RATE, offsetof(struct bursty_fields, rate), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second while on, as in poisson", NULL, NULL},
    {"on", SIM_PARAM_DURATION_LAW, offsetof(struct bursty_fields, on), NULL, 1e-9, 1e300,
     "law of the length of a burst", NULL, NULL},
    {"off", SIM_PARAM_DURATION_LAW, offsetof(struct bursty_fields, off), NULL, SIM_NOT_NEGATIVE,
     "law of the silence between bursts", NULL, NULL},
    {0},
};

const struct arrival_law arrival_bursty = {
    .constructor =
        {
            .name = "bursty",
            .help = "on and off: Poisson arrivals while on [interrupted Poisson process]",
            .size = sizeof(struct bursty_fields),
            .params = bursty_params,
            .validate = bursty_validate,
        },
    .gap = arrival_exponential_gap,
    .reach = bursty_reach,
    .passed = bursty_passed,
    .mean = bursty_mean,
    .phase_length = bursty_phase_length,
    .on_share = bursty_on_share,
};
