/* Two rules for how long a request may wait.
 *
 * older_than: always the same. codel: `interval` while the queue has been empty within the last
 * `interval`, else `target` (Maurer, "Fail at scale", ACM Queue 13(8), 2015, after CoDel: Nichols
 * and Jacobson, "Controlling queue delay", ACM Queue 10(5), 2012). A burst may stand in the queue
 * for a while, a queue that never drains may not.
 */
#include "service/shed.h"

struct older_than_fields {
    sim_time age;
};

struct codel_fields {
    sim_time target, interval;
};

static const struct sim_param older_than_params[] = {
    {"age", SIM_PARAM_DURATION, offsetof(struct older_than_fields, age), NULL, 0, 1e300,
     "what has waited longer is turned away", NULL, NULL},
    {0},
};

static const struct sim_param codel_params[] = {
    {"target", SIM_PARAM_DURATION, offsetof(struct codel_fields, target), "ms(5)", 0, 1e300,
     "how long a request may wait in a queue that does not drain [Maurer 2015: 5 ms]", NULL, NULL},
    {"interval", SIM_PARAM_DURATION, offsetof(struct codel_fields, interval), "ms(100)", 1e-9,
     1e300, "how long otherwise, and without being empty means that it does not drain [100 ms]",
     NULL, NULL},
    {0},
};

static const char *codel_validate(const void *fields)
{
    const struct codel_fields *codel = fields;
    return codel->target > codel->interval ? "target is longer than interval" : NULL;
}

static const struct sim_constructor older_than = {
    .name = "older_than",
    .help = "what has waited longer than that: older_than(ms(500))",
    .size = sizeof(struct older_than_fields),
    .params = older_than_params,
    .positional = 1,
};

static const struct sim_constructor codel = {
    .name = "codel",
    .help = "controlled delay: codel { target = ms(5), interval = ms(100) }",
    .size = sizeof(struct codel_fields),
    .params = codel_params,
    .positional = 2,
    .validate = codel_validate,
};

static const struct sim_constructor *const shed_constructors[] = {&older_than, &codel, NULL};

const struct sim_family shed_family = {
    .name = "shedding",
    .example = "codel { target = ms(5), interval = ms(100) }",
    .constructors = shed_constructors,
};

void shed_init(struct shed *shed, const struct sim_shape *shape, sim_time now)
{
    shed->shape = shape;
    shed->empty_at = now;
}

void shed_note_empty(struct shed *shed, sim_time now)
{
    shed->empty_at = now;
}

sim_time shed_patience(const struct shed *shed, sim_time now)
{
    if (shed->shape->constructor == NULL) {
        return SIM_NEVER;
    }
    if (shed->shape->constructor == &older_than) {
        return ((const struct older_than_fields *)shed->shape->fields)->age;
    }
    const struct codel_fields *fields = shed->shape->fields;
    return now - shed->empty_at > fields->interval ? fields->target : fields->interval;
}
