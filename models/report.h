/* Reports: what a component tells of itself at an interval, as a metrics agent does, to those who
 * decide by it. They are messages over the network: late, and lost where it loses them. */
#ifndef BRINK_MODELS_REPORT_H
#define BRINK_MODELS_REPORT_H

#include "sim.h"

#define REPORT_MESSAGE "report"

/* The words of the message. */
enum report_word {
    REPORT_BUSY,     /* servers at work since the report before, of all servers, in 1e-9 */
    REPORT_QUEUED,   /* requests that wait now */
    REPORT_REQUESTS, /* that came since the report before */
    REPORT_LENGTH,   /* how long ago that was, ns */
    REPORT_ENDED,    /* requests that were answered since then, with whatever status; of these: */
    REPORT_FAILED,
    REPORT_SLOW /* answers, not failures, that took longer than `slow` */
};

struct report_params {
    struct sim_target to;
    sim_time every;
    sim_time slow;
};

/* The fields of a model that reports: `prefix` is where its report_params are. */
/* clang-format off */
#define REPORT_PARAMS(type, prefix)                                                                \
    {"report_to", SIM_PARAM_TARGET, offsetof(type, prefix to), "nil", SIM_UNBOUNDED,               \
     "whom it tells how it is doing: an autoscaler, a deploy", NULL, NULL},                                   \
    {"report_every", SIM_PARAM_DURATION, offsetof(type, prefix every), "s(15)", 1e-9, 1e9,         \
     "how often, from a random moment on [Kubernetes metrics server: 15 s]", NULL, NULL},     \
    {"report_slow", SIM_PARAM_DURATION, offsetof(type, prefix slow), "none", 1e-9, 1e300,          \
     "answers that take longer are reported as slow ones", NULL, NULL}
/* clang-format on */

struct report {
    sim_time since;
    double worked; /* by the station up to then, ns */
    uint64_t requests, ended, failed, slow;
};

/* At SIM_IN_START, where there is someone to tell; `draw` is the stream of the first moment. */
void report_start(struct sim_node *self, struct report *report, const struct report_params *params,
                  int timer, int draw);
/* A request that came at `arrived` is answered now. */
void report_note(struct sim_node *self, struct report *report, const struct report_params *params,
                 sim_time arrived, enum sim_status status);
/* When the timer fires: tells of `station`, which has so many servers. */
void report_send(struct sim_node *self, struct report *report, const struct report_params *params,
                 const struct sim_station *station, int64_t servers, int timer, int message);

#endif
