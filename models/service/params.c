/* The parameters of a service as a table, and what must fit together in them. */
#include "service/service.h"

const struct sim_param service_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct service_params, service), NULL,
     SIM_NOT_NEGATIVE, "work of a request at full speed: one law, or one an operation", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct service_params, servers), "1", 1, 1e9,
     "requests that are worked on at once: cores, workers", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct service_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"discipline", SIM_PARAM_CHOICE, offsetof(struct service_params, discipline), "\"fifo\"",
     SIM_UNBOUNDED, "who is served next", NULL, sim_discipline_names},
    {"reply_bytes", SIM_PARAM_BYTES_LAW, offsetof(struct service_params, reply_bytes), "KiB(1)",
     SIM_NOT_NEGATIVE, "size of a reply, where the request does not say [assumed]", NULL, NULL},
    {"errors", SIM_PARAM_RATIO, offsetof(struct service_params, errors), "percent(0)", 0, 1,
     "requests that fail after their work", NULL, NULL},
    {"check_deadline", SIM_PARAM_BOOLEAN, offsetof(struct service_params, check_deadline), "false",
     SIM_UNBOUNDED, "answer EXPIRED instead of beginning work that nobody waits for", NULL, NULL},
    {"slots", SIM_PARAM_INTEGER, offsetof(struct service_params, slots), "0", 0, 1e9,
     "requests inside at once, waiting downstream included: threads; 0 = no limit", NULL, NULL},
    {"shed", SIM_PARAM_SHAPE, offsetof(struct service_params, shed), "none", SIM_UNBOUNDED,
     "what is turned away when it leaves the queue, having waited too long", &shed_family, NULL},
    {"retry_after", SIM_PARAM_DURATION, offsetof(struct service_params, retry_after), "s(0)",
     SIM_NOT_NEGATIVE, "when to come again, as a rejection says; 0 = nothing [HTTP Retry-After]",
     NULL, NULL},
    {"to", SIM_PARAM_TARGET, offsetof(struct service_params, call.to), "nil", SIM_UNBOUNDED,
     "component that it calls after its own work, members in turn; or shares of the requests that "
     "go to several, the rest to none: { posts = percent(50), ads = percent(30) }",
     NULL, NULL},
    CALL_PARAMS(struct service_params, call.),
    {"downstream_bytes", SIM_PARAM_BYTES, offsetof(struct service_params, call.bytes), "nil",
     SIM_NOT_NEGATIVE, "size of the call to it; left out = that of the request", NULL, NULL},
    {"calls", SIM_PARAM_SHAPE, offsetof(struct service_params, calls), "none", SIM_UNBOUNDED,
     "whom it calls, instead of `to`: several in series or in parallel", &plan_family, NULL},
    {"cold_for", SIM_PARAM_DURATION, offsetof(struct service_params, cold_for), "s(0)",
     SIM_NOT_NEGATIVE, "how long a member that comes or comes back amid the run is slow", NULL,
     NULL},
    {"cold_factor", SIM_PARAM_NUMBER, offsetof(struct service_params, cold_factor), "2", 1, 1e6,
     "work that it takes on then takes so many times as long [assumed]", NULL, NULL},
    REPORT_PARAMS(struct service_params, report.),
    {0},
};

enum sim_discipline service_gate_discipline(enum sim_discipline discipline)
{
    switch (discipline) {
    case SIM_PRIORITY:
    case SIM_PRIORITY_PREEMPTIVE:
        return SIM_PRIORITY;
    case SIM_LIFO:
    case SIM_RANDOM_ORDER:
        return discipline;
    case SIM_FIFO:
    case SIM_PROCESSOR_SHARING:
    case SIM_SHORTEST_REMAINING:
    case SIM_DISCIPLINE_COUNT:
        break;
    }
    return SIM_FIFO;
}

const char *service_validate(const void *fields)
{
    const struct service_params *params = fields;
    enum sim_discipline discipline = (enum sim_discipline)params->discipline;
    bool is_interrupting =
        discipline != SIM_FIFO && service_gate_discipline(discipline) != discipline;
    bool looks = params->check_deadline || params->shed.constructor != NULL;
    if (looks && params->slots == 0 && is_interrupting) {
        return params->check_deadline
                   ? "check_deadline looks when a request leaves the queue: it goes with the "
                     "disciplines fifo, lifo, priority and random, or with slots"
                   : "shed looks when a request leaves the queue: it goes with the disciplines "
                     "fifo, lifo, priority and random, or with slots";
    }
    if (params->calls.constructor != NULL && params->call.to.count > 0) {
        return "to and calls: one of them says whom it calls";
    }
    return call_fields_trouble(&params->call);
}
