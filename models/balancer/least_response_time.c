/* Least response time: the member with the least average response time x (open calls + 1).
 *
 * The average is Finagle's peak EWMA (com.twitter.finagle.loadbalancer.p2c.P2CPeakEwma): an answer
 * that took longer than the average becomes the average; a faster one moves it by 1 - exp(-t /
 * decay), t the time since the last answer. Read, it has decayed by exp(-t / decay) since then, so
 * that a member that was slow once is tried again. A member without an answer so far counts as
 * infinitely fast until a call is open to it, and then as slow as the slowest: new members are not
 * flooded. A failure counts as an answer that took twice as long as the slowest member's, so that
 * one that refuses at once does not draw all requests, and is tried more and more rarely.
 *
 * All members are looked at, as nginx's least_time does; Finagle looks at two drawn ones. Of equals
 * the first at or after a turning start.
 */
#include "balancer/policy.h"

struct average {
    double time; /* seconds; 0 = no answer so far */
    sim_time at; /* of the last answer */
};

struct least_response_time {
    struct average *averages; /* by index */
    uint32_t count;
    uint32_t start;
    double decay; /* seconds */
};

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    struct least_response_time *own = state;
    own->averages = sim_alloc(self, setup->count * sizeof *own->averages);
    own->count = setup->count;
    own->decay = sim_time_seconds(setup->options->decay);
}

static double kept(const struct least_response_time *own, const struct average *average,
                   sim_time now)
{
    return sim_exp(-sim_time_seconds(now - average->at) / own->decay);
}

static double slowest(const struct least_response_time *own)
{
    double time = 0;
    for (uint32_t i = 0; i < own->count; i++) {
        time = own->averages[i].time > time ? own->averages[i].time : time;
    }
    return time;
}

static double cost_of(struct sim_node *self, const struct least_response_time *own,
                      const struct balancer_member *member)
{
    const struct average *average = &own->averages[member->index];
    double open = sim_open_calls(self, member->id);
    if (!(average->time > 0)) {
        return open > 0 ? slowest(own) * (open + 1) + open * 1e-9 : 0;
    }
    return average->time * kept(own, average, sim_now(self)) * (open + 1);
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    struct least_response_time *own = state;
    uint32_t first = own->start < view->count ? own->start : 0;
    uint32_t best = first;
    double least = cost_of(self, own, &view->members[first]);
    for (uint32_t step = 1; step < view->count; step++) {
        uint32_t index = first + step < view->count ? first + step : first + step - view->count;
        double cost = cost_of(self, own, &view->members[index]);
        if (cost < least) {
            least = cost;
            best = index;
        }
    }
    own->start = best + 1;
    return &view->members[best];
}

static void answered(struct sim_node *self, void *state, const struct balancer_answer *answer)
{
    struct least_response_time *own = state;
    struct average *average = &own->averages[answer->index];
    double took = sim_time_seconds(answer->took);
    if (!sim_status_is_answer(answer->status)) {
        double twice = 2 * slowest(own);
        took = took > twice ? took : twice;
    }
    double old = took > average->time ? 0 : kept(own, average, sim_now(self));
    *average = (struct average){average->time * old + took * (1 - old), sim_now(self)};
}

const struct balancer_policy balancer_least_response_time = {
    .name = "least_response_time",
    .help = "the least of average response time x calls open [Finagle peak EWMA; nginx least_time]",
    .state_size = sizeof(struct least_response_time),
    .start = start,
    .pick = pick,
    .answered = answered,
};
