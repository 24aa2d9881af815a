/* Poisson arrivals whose rate follows the clock of the run: ramp, spike, daily.
 *
 * Integrals and their inverses are closed forms, but for the daily cycle, which takes a few steps
 * of Newton's method.
 */
#include "world/arrival_law.h"

struct ramp_fields {
    double from, to;
    sim_time over;
};

/* The rate is from + slope t up to `over`, then `to`; the time in which a line adds up to `work` is
 * written so that nothing cancels. */
static double ramp_reach(const void *fields, sim_time from, double work, double factor,
                         struct sim_arrival_phase *phase)
{
    (void)phase;
    const struct ramp_fields *ramp = fields;
    double need = work / factor;
    double room = 0, area = 0;
    if (from < ramp->over) {
        double slope = (ramp->to - ramp->from) / sim_time_seconds(ramp->over);
        double rate = ramp->from + slope * sim_time_seconds(from);
        room = arrival_seconds(from, ramp->over);
        area = (rate + ramp->to) / 2 * room;
        if (need <= area) {
            double root = rate * rate + 2 * slope * need;
            return 2 * need / (rate + sim_sqrt(root > 0 ? root : 0));
        }
    }
    return room + (need - area) / ramp->to;
}

static double ramp_passed(const void *fields, sim_time from, sim_time to, double factor,
                          struct sim_arrival_phase *phase)
{
    (void)phase;
    const struct ramp_fields *ramp = fields;
    double sum = 0;
    if (from < ramp->over) {
        sim_time end = to < ramp->over ? to : ramp->over;
        double slope = (ramp->to - ramp->from) / sim_time_seconds(ramp->over);
        double middle = (sim_time_seconds(from) + sim_time_seconds(end)) / 2;
        sum = (ramp->from + slope * middle) * arrival_seconds(from, end);
        from = end;
    }
    return factor * (sum + ramp->to * arrival_seconds(from, to));
}

static const struct sim_param ramp_params[] = {
    {"from", SIM_PARAM_RATE, offsetof(struct ramp_fields, from), "rate(0)", SIM_NOT_NEGATIVE,
     "arrivals a second at the start of the run", NULL, NULL},
    {"to", SIM_PARAM_RATE, offsetof(struct ramp_fields, to), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second at the end of the ramp and from then on", NULL, NULL},
    {"over", SIM_PARAM_MOMENT, offsetof(struct ramp_fields, over), NULL, SIM_NOT_NEGATIVE,
     "length of the ramp", NULL, NULL},
    {0},
};

const struct arrival_law arrival_ramp = {
    .constructor =
        {
            .name = "ramp",
            .help = "Poisson arrivals whose rate rises or falls along a line, then stays",
            .size = sizeof(struct ramp_fields),
            .params = ramp_params,
        },
    .gap = arrival_exponential_gap,
    .reach = ramp_reach,
    .passed = ramp_passed,
};

struct spike_fields {
    double base, peak;
    sim_time at, lasts;
};

/* The stretch of constant rate that holds `time`: its rate; *ret_end is where it ends. */
static double spike_stretch(const struct spike_fields *spike, sim_time time, sim_time *ret_end)
{
    sim_time end = sim_time_add(spike->at, spike->lasts);
    if (time < spike->at) {
        *ret_end = spike->at;
        return spike->base;
    }
    *ret_end = time < end ? end : SIM_NEVER;
    return time < end ? spike->peak : spike->base;
}

static double spike_reach(const void *fields, sim_time from, double work, double factor,
                          struct sim_arrival_phase *phase)
{
    (void)phase;
    sim_time at = from;
    for (;;) {
        sim_time end;
        double rate = spike_stretch(fields, at, &end) * factor;
        double room = rate * arrival_seconds(at, end);
        if (work <= room || end == SIM_NEVER) {
            return arrival_seconds(from, at) + work / rate;
        }
        work -= room;
        at = end;
    }
}

static double spike_passed(const void *fields, sim_time from, sim_time to, double factor,
                           struct sim_arrival_phase *phase)
{
    (void)phase;
    double sum = 0;
    while (from < to) {
        sim_time end;
        double rate = spike_stretch(fields, from, &end);
        end = end < to ? end : to;
        sum += rate * arrival_seconds(from, end);
        from = end;
    }
    return factor * sum;
}

static const struct sim_param spike_params[] = {
    {"base", SIM_PARAM_RATE, offsetof(struct spike_fields, base), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second before and after", NULL, NULL},
    {"peak", SIM_PARAM_RATE, offsetof(struct spike_fields, peak), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second during the spike", NULL, NULL},
    {"at", SIM_PARAM_MOMENT, offsetof(struct spike_fields, at), NULL, SIM_NOT_NEGATIVE,
     "when it begins, from the start of the run", NULL, NULL},
    {"lasts", SIM_PARAM_DURATION, offsetof(struct spike_fields, lasts), NULL, SIM_NOT_NEGATIVE,
     "how long it lasts", NULL, NULL},
    {0},
};

const struct arrival_law arrival_spike = {
    .constructor =
        {
            .name = "spike",
            .help = "Poisson arrivals at a base rate, and at another one for a while",
            .size = sizeof(struct spike_fields),
            .params = spike_params,
        },
    .gap = arrival_exponential_gap,
    .reach = spike_reach,
    .passed = spike_passed,
};

struct daily_fields {
    double mean, peak;
    sim_time period, phase;
};

#define PI 3.14159265358979323846

/* Radians from the last peak to `time`. */
static double daily_angle(const struct daily_fields *daily, sim_time time)
{
    sim_time since = (time - daily->phase) % daily->period;
    return 2 * PI * ((double)since / (double)daily->period);
}

/* The rate is mean (1 + a cos angle); added up over the `width` seconds after `angle` that is
 * mean (width + a / w (sin(angle + w width) - sin(angle))), the difference of sines as a product so
 * that short stretches of a long period keep their digits. */
static double daily_sum(const struct daily_fields *daily, double angle, double width)
{
    double w = 2 * PI / sim_time_seconds(daily->period);
    double half = w * width / 2;
    double swing = 2 * sim_cos(angle + half) * sim_sin(half) / w;
    return daily->mean * (width + (daily->peak - 1) * swing);
}

static double daily_rate(const struct daily_fields *daily, double angle, double width)
{
    double w = 2 * PI / sim_time_seconds(daily->period);
    return daily->mean * (1 + (daily->peak - 1) * sim_cos(angle + w * width));
}

/* Newton's method between bounds that close in: the sum rises, and in half a period and a bit it
 * differs from its line by at most the swing. Stops at a thousandth of a nanosecond. */
static double daily_reach(const void *fields, sim_time from, double work, double factor,
                          struct sim_arrival_phase *phase)
{
    (void)phase;
    const struct daily_fields *daily = fields;
    if (!(daily->mean > 0)) {
        return ARRIVAL_NEVER_SECONDS;
    }
    double need = work / factor;
    double angle = daily_angle(daily, from);
    double low = 0;
    double high = need / daily->mean + sim_time_seconds(daily->period);
    double width = need / daily->mean;
    for (int step = 0; step < 200; step++) {
        double over = daily_sum(daily, angle, width) - need;
        if (over > 0) {
            high = width;
        } else {
            low = width;
        }
        double next = width - over / daily_rate(daily, angle, width);
        if (!(next > low && next < high)) {
            next = (low + high) / 2;
        }
        double change = next - width;
        width = next;
        if (change < 1e-12 && change > -1e-12) {
            break;
        }
    }
    return width;
}

static double daily_passed(const void *fields, sim_time from, sim_time to, double factor,
                           struct sim_arrival_phase *phase)
{
    (void)phase;
    return factor * daily_sum(fields, daily_angle(fields, from), arrival_seconds(from, to));
}

static const struct sim_param daily_params[] = {
    {"mean", SIM_PARAM_RATE, offsetof(struct daily_fields, mean), NULL, SIM_NOT_NEGATIVE,
     "arrivals a second, on average over a period", NULL, NULL},
    {"peak", SIM_PARAM_NUMBER, offsetof(struct daily_fields, peak), "2", 1, 2,
     "rate at the peak as a multiple of the mean; 2 = none at all in the trough [assumed]", NULL,
     NULL},
    {"period", SIM_PARAM_DURATION, offsetof(struct daily_fields, period), "hours(24)", SIM_POSITIVE,
     "length of the cycle [a day]", NULL, NULL},
    {"phase", SIM_PARAM_DURATION, offsetof(struct daily_fields, phase), "ms(0)", SIM_NOT_NEGATIVE,
     "when a peak falls, from the start of the run", NULL, NULL},
    {0},
};

static const char *daily_validate(const void *fields)
{
    const struct daily_fields *daily = fields;
    return daily->period == SIM_NEVER ? "period must end" : NULL;
}

const struct arrival_law arrival_daily = {
    .constructor =
        {
            .name = "daily",
            .help = "Poisson arrivals whose rate follows a cosine over the day",
            .size = sizeof(struct daily_fields),
            .params = daily_params,
            .validate = daily_validate,
        },
    .gap = arrival_exponential_gap,
    .reach = daily_reach,
    .passed = daily_passed,
};
