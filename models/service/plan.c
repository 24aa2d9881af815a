/* Plans; see plan.h. series { ... } calls one after the other and fails with the first that fails;
 * parallel { ... } calls all at once and is over with the answer that makes `wait_for`, or with the
 * failure after which there can be no more so many.
 */
#include "service/plan.h"

struct series_fields {
    struct sim_shapes of;
};

struct parallel_fields {
    struct sim_shapes of;
    int64_t wait_for; /* 0 = all */
};

static const struct sim_param call_params[] = {
    {"to", SIM_PARAM_TARGET, offsetof(struct call_fields, to), NULL, SIM_UNBOUNDED,
     "whom it calls: members in turn; or shares: { posts = percent(50), ads = percent(30) }", NULL,
     NULL},
    {"chance", SIM_PARAM_RATIO, offsetof(struct call_fields, chance), "percent(100)", 0, 1,
     "requests that need this call; for the others it is done at once", NULL, NULL},
    CALL_PARAMS(struct call_fields, ),
    {"bytes", SIM_PARAM_BYTES, offsetof(struct call_fields, bytes), "nil", SIM_NOT_NEGATIVE,
     "size of the call; left out = that of the request", NULL, NULL},
    {0},
};

static const struct sim_param series_params[] = {
    {"of", SIM_PARAM_SHAPES, offsetof(struct series_fields, of), NULL, SIM_UNBOUNDED,
     "calls that are made one after the other", &plan_family, NULL},
    {0},
};

static const struct sim_param parallel_params[] = {
    {"of", SIM_PARAM_SHAPES, offsetof(struct parallel_fields, of), NULL, SIM_UNBOUNDED,
     "calls that are made at once", &plan_family, NULL},
    {"wait_for", SIM_PARAM_INTEGER, offsetof(struct parallel_fields, wait_for), "nil", 1, 1e6,
     "how many answers are enough; left out = all", NULL, NULL},
    {0},
};

const char *call_fields_trouble(const struct call_fields *call)
{
    if (call->fan_out > 0 && call->to.shares != NULL) {
        return "fan_out asks several members at once; no shares here";
    }
    if (call->wait_for > call->fan_out) {
        return "wait_for is more than fan_out";
    }
    return NULL;
}

static const char *call_validate(const void *fields)
{
    return call_fields_trouble(fields);
}

static const char *parallel_validate(const void *fields)
{
    const struct parallel_fields *parallel = fields;
    return parallel->wait_for > (int64_t)parallel->of.count
               ? "wait_for is more than there are calls"
               : NULL;
}

static const struct sim_constructor call_constructor = {
    .name = "call",
    .help = "one call: call { \"store\", chance = percent(20), timeout = ms(50) }",
    .size = sizeof(struct call_fields),
    .params = call_params,
    .positional = 1,
    .validate = call_validate,
};

static const struct sim_constructor series_constructor = {
    .name = "series",
    .help = "one after the other: series { \"auth\", \"store\" }",
    .size = sizeof(struct series_fields),
    .params = series_params,
};

static const struct sim_constructor parallel_constructor = {
    .name = "parallel",
    .help =
        "all at once, so many answers are enough: parallel { \"a\", \"b\", \"c\", wait_for = 2 }",
    .size = sizeof(struct parallel_fields),
    .params = parallel_params,
    .validate = parallel_validate,
};

static const struct sim_constructor *const plan_constructors[] = {
    &call_constructor, &series_constructor, &parallel_constructor, NULL};

const struct sim_family plan_family = {
    .name = "calls",
    .example = "series { \"auth\", parallel { \"posts\", \"ads\" } }",
    .constructors = plan_constructors,
    .bare = &call_constructor,
};

void plan_start_call(struct sim_node *self, struct plan *plan, const struct call_fields *call)
{
    plan->kind = PLAN_CALL;
    plan->call = call;
    plan->chance = 1;
    plan->enough = (uint32_t)(call->wait_for > 0 ? call->wait_for : call->fan_out);
    members_start(self, &plan->members, &call->to);
    sim_retry_init(&plan->retry, &call->retry);
    sim_hedge_init(&plan->hedge, &call->hedge);
}

void plan_start(struct sim_node *self, struct plan *plan, const struct sim_shape *shape)
{
    if (shape->constructor == &call_constructor) {
        const struct call_fields *call = shape->fields;
        plan_start_call(self, plan, call);
        plan->chance = call->chance;
        return;
    }
    const struct sim_shapes *of;
    int64_t wait_for = 0;
    if (shape->constructor == &series_constructor) {
        plan->kind = PLAN_SERIES;
        of = &((const struct series_fields *)shape->fields)->of;
    } else {
        const struct parallel_fields *fields = shape->fields;
        plan->kind = PLAN_PARALLEL;
        of = &fields->of;
        wait_for = fields->wait_for;
    }
    plan->count = of->count;
    plan->enough = wait_for > 0 ? (uint32_t)wait_for : of->count;
    plan->parts = sim_alloc(self, of->count * sizeof *plan->parts);
    for (uint32_t i = 0; i < of->count; i++) {
        plan_start(self, &plan->parts[i], &of->shapes[i]);
    }
}
