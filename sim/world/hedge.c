/* Hedging policies; see hedge.h for the rules. */
#include "world/hedge.h"

#include "base/assert.h"

struct hedge_fields {
    sim_time after;
    int64_t max;
    double budget; /* 0 = unlimited */
    double burst;
    bool cancel;
};

static const struct sim_param hedge_params[] = {
    {"after", SIM_PARAM_DURATION, offsetof(struct hedge_fields, after), NULL, 1e-9, 1e300,
     "how long an attempt has been awaited when the next is made [Dean and Barroso 2013: its p95]",
     NULL, NULL},
    {"max", SIM_PARAM_INTEGER, offsetof(struct hedge_fields, max), "1", 1, SIM_HEDGES_MAX,
     "attempts beside the first one, at most [Dean and Barroso 2013: 1]", NULL, NULL},
    {"budget", SIM_PARAM_RATIO, offsetof(struct hedge_fields, budget), "nil", 1e-9, 1e3,
     "hedges a first attempt in the long run; left out = no limit [gRPC retry throttling]", NULL,
     NULL},
    {"burst", SIM_PARAM_NUMBER, offsetof(struct hedge_fields, burst), "10", 1, 1e9,
     "hedges that a full budget holds [gRPC maxTokens]", NULL, NULL},
    {"cancel", SIM_PARAM_BOOLEAN, offsetof(struct hedge_fields, cancel), "false", SIM_UNBOUNDED,
     "who was asked in vain is told, and drops what still waits [Dean and Barroso 2013]", NULL,
     NULL},
    {0},
};

static const struct sim_constructor hedge_constructor = {
    .name = "hedge",
    .help = "asks again while it waits, first answer wins: hedge { after = ms(10) }",
    .size = sizeof(struct hedge_fields),
    .params = hedge_params,
    .positional = 1,
};

static const struct sim_constructor *const hedge_constructors[] = {&hedge_constructor, NULL};

const struct sim_family sim_hedge_family = {
    .name = "hedge",
    .example = "hedge { after = ms(10), budget = percent(5) }",
    .constructors = hedge_constructors,
};

void sim_hedge_init(struct sim_hedge *hedge, const struct sim_shape *shape)
{
    hedge->shape = shape;
    hedge->tokens = 0;
    if (shape->constructor != NULL) {
        hedge->tokens = ((const struct hedge_fields *)shape->fields)->burst;
    }
}

void sim_hedge_first(struct sim_hedge *hedge)
{
    if (hedge->shape->constructor == NULL) {
        return;
    }
    const struct hedge_fields *fields = hedge->shape->fields;
    hedge->tokens += fields->budget;
    hedge->tokens = hedge->tokens < fields->burst ? hedge->tokens : fields->burst;
}

sim_time sim_hedge_after(const struct sim_hedge *hedge, uint32_t sent)
{
    sim_assert(sent >= 1);
    if (hedge->shape->constructor == NULL) {
        return SIM_NEVER;
    }
    const struct hedge_fields *fields = hedge->shape->fields;
    return (int64_t)sent <= fields->max ? fields->after : SIM_NEVER;
}

bool sim_hedge_cancels(const struct sim_hedge *hedge)
{
    return sim_hedge_is_on(hedge) && ((const struct hedge_fields *)hedge->shape->fields)->cancel;
}

bool sim_hedge_take(struct sim_hedge *hedge)
{
    const struct hedge_fields *fields = hedge->shape->fields;
    if (fields->budget == 0) {
        return true;
    }
    if (hedge->tokens < 1) {
        return false;
    }
    hedge->tokens -= 1;
    return true;
}
