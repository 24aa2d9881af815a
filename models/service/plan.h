/* Plans: whom a service calls for a request, in the words of a whiteboard.
 *
 *     calls = series { "auth", parallel { "profile", "posts", "ads", wait_for = 2 }, "store" }
 *
 * A name alone is one call to one member of it, in turn; call { "name", ... } says more about it.
 */
#ifndef BRINK_MODELS_SERVICE_PLAN_H
#define BRINK_MODELS_SERVICE_PLAN_H

#include "members.h"
#include "sim.h"

extern const struct sim_family plan_family;

/* call { ... }, and the fields of the same names of a service that calls one component. */
struct call_fields {
    struct sim_target to;
    double chance;
    int64_t fan_out, wait_for; /* 0 = one call; all of them */
    sim_time timeout;
    struct sim_shape retry, hedge;
    int64_t bytes; /* 0 = as the request */
};

/* Rows for a table whose struct has these fields behind `prefix` ("call.", or nothing). */
/* clang-format off */
#define CALL_PARAMS(type, prefix)                                                                  \
    {"timeout", SIM_PARAM_DURATION, offsetof(type, prefix timeout), "none", 1e-9, 1e300,           \
     "how long it waits for that component", NULL, NULL},                                          \
    {"retry", SIM_PARAM_SHAPE, offsetof(type, prefix retry), "none", SIM_UNBOUNDED,                \
     "what follows a failed call to it", &sim_retry_family, NULL},                                 \
    {"hedge", SIM_PARAM_SHAPE, offsetof(type, prefix hedge), "none", SIM_UNBOUNDED,                \
     "further calls while an answer is awaited", &sim_hedge_family, NULL},                         \
    {"fan_out", SIM_PARAM_INTEGER, offsetof(type, prefix fan_out), "nil", 1, 1e6,                  \
     "calls so many members of it at once, each a different one; left out = one", NULL, NULL},     \
    {"wait_for", SIM_PARAM_INTEGER, offsetof(type, prefix wait_for), "nil", 1, 1e6,                \
     "of these, how many answers are enough; left out = all", NULL, NULL}
/* clang-format on */

/* What is wrong with the fields of a call, or NULL. */
const char *call_fields_trouble(const struct call_fields *call);

enum plan_kind { PLAN_CALL, PLAN_SERIES, PLAN_PARALLEL };

/* A plan as one life of a node carries it out. */
struct plan {
    enum plan_kind kind;
    uint32_t count; /* of parts: SERIES, PARALLEL */
    struct plan *parts;
    uint32_t enough;                /* answers: PARALLEL, and a CALL that fans out */
    const struct call_fields *call; /* CALL; likewise: */
    double chance;
    struct members members;
    struct sim_retry retry;
    struct sim_hedge hedge;
};

/* At SIM_IN_START. A plan of one call that every request needs, or as a shape of the family says.
 */
void plan_start_call(struct sim_node *self, struct plan *plan, const struct call_fields *call);
void plan_start(struct sim_node *self, struct plan *plan, const struct sim_shape *shape);

#endif
