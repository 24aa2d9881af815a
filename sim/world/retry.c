/* Retry policies; see retry.h for the rules. */
#include "world/retry.h"

#include "base/assert.h"

enum jitter { JITTER_NONE, JITTER_FULL, JITTER_EQUAL, JITTER_DECORRELATED };

static const char *const jitter_names[] = {"none", "full", "equal", "decorrelated", NULL};

const char *const sim_retry_on_names[SIM_RETRY_ON_COUNT + 1] = {"failures", "unserved", "refused",
                                                                NULL};

struct retry_fields {
    int64_t max;
    sim_time backoff;
    double growth;
    sim_time cap;
    int32_t jitter; /* enum jitter */
    double budget;  /* 0 = unlimited */
    double burst;
    int32_t on; /* enum sim_retry_on */
};

static const struct sim_param retry_params[] = {
    {"max", SIM_PARAM_INTEGER, offsetof(struct retry_fields, max), "3", 0, 1e6,
     "retries after the first attempt, at most [gRPC, Envoy: 2 to 3]", NULL, NULL},
    {"backoff", SIM_PARAM_DURATION, offsetof(struct retry_fields, backoff), "ms(0)",
     SIM_NOT_NEGATIVE, "pause before the first retry; 0 = at once [Brooker 2015: base]", NULL,
     NULL},
    {"growth", SIM_PARAM_NUMBER, offsetof(struct retry_fields, growth), "2", 1, 1e3,
     "each pause is this many times the one before [Brooker 2015]", NULL, NULL},
    {"cap", SIM_PARAM_DURATION, offsetof(struct retry_fields, cap), "s(20)", SIM_NOT_NEGATIVE,
     "no pause is longer [AWS SDK standard mode]", NULL, NULL},
    {"jitter", SIM_PARAM_CHOICE, offsetof(struct retry_fields, jitter), "\"full\"", SIM_UNBOUNDED,
     "how the pause is spread at random [Brooker 2015]", NULL, jitter_names},
    {"budget", SIM_PARAM_RATIO, offsetof(struct retry_fields, budget), "nil", 1e-9, 1e3,
     "retries a first attempt in the long run; left out = no limit [gRPC retry throttling]", NULL,
     NULL},
    {"burst", SIM_PARAM_NUMBER, offsetof(struct retry_fields, burst), "10", 1, 1e9,
     "retries that a full budget holds [gRPC maxTokens]", NULL, NULL},
    {"on", SIM_PARAM_CHOICE, offsetof(struct retry_fields, on), "\"failures\"", SIM_UNBOUNDED,
     "which failures: all; those that cannot have taken effect; refused connections", NULL,
     sim_retry_on_names},
    {0},
};

static const char *retry_validate(const void *fields)
{
    const struct retry_fields *retry = fields;
    if (retry->backoff > retry->cap) {
        return "backoff is longer than cap";
    }
    return NULL;
}

static const struct sim_constructor retry_constructor = {
    .name = "retry",
    .help = "tries a failed call again: retry { max = 3, backoff = ms(50), jitter = \"full\" }",
    .size = sizeof(struct retry_fields),
    .params = retry_params,
    .positional = 1,
    .validate = retry_validate,
};

static const struct sim_constructor *const retry_constructors[] = {&retry_constructor, NULL};

const struct sim_family sim_retry_family = {
    .name = "retry",
    .example = "retry { max = 3, backoff = ms(50) }",
    .constructors = retry_constructors,
};

bool sim_retry_is_on(enum sim_retry_on on, enum sim_status status)
{
    switch (status) {
    case SIM_STATUS_REFUSED:
        return true;
    case SIM_STATUS_REJECTED:
    case SIM_STATUS_UNAVAILABLE:
        return on != SIM_RETRY_REFUSED;
    case SIM_STATUS_ERROR:
    case SIM_STATUS_TIMEOUT:
    case SIM_STATUS_REDIRECT:
        return on == SIM_RETRY_FAILURES;
    case SIM_STATUS_OK:
    case SIM_STATUS_NOT_FOUND:
    case SIM_STATUS_CONFLICT:
    case SIM_STATUS_EXPIRED:
    case SIM_STATUS_COUNT:
        break;
    }
    return false;
}

void sim_retry_init(struct sim_retry *retry, const struct sim_shape *shape)
{
    retry->shape = shape;
    retry->tokens = 0;
    if (shape->constructor != NULL) {
        retry->tokens = ((const struct retry_fields *)shape->fields)->burst;
    }
}

void sim_retry_first(struct sim_retry *retry)
{
    if (retry->shape->constructor == NULL) {
        return;
    }
    const struct retry_fields *fields = retry->shape->fields;
    retry->tokens += fields->budget;
    if (retry->tokens > fields->burst) {
        retry->tokens = fields->burst;
    }
}

static double uniform_between(double low, double high, struct sim_random *random)
{
    return low + (high - low) * sim_random_unit(random);
}

/* Nearest nanosecond, at most cap. */
static sim_time capped(const struct retry_fields *fields, double pause)
{
    return pause < (double)fields->cap ? (sim_time)(pause + 0.5) : fields->cap;
}

/* min(cap, backoff x growth^(attempt - 1)), in ns. */
static double exponential_pause(const struct retry_fields *fields, uint32_t attempt)
{
    double pause = (double)fields->backoff;
    double cap = (double)fields->cap;
    if (fields->growth > 1) {
        for (uint32_t k = 1; k < attempt && pause < cap; k++) {
            pause *= fields->growth;
        }
    }
    return pause < cap ? pause : cap;
}

static sim_time retry_pause(const struct retry_fields *fields, uint32_t attempt, sim_time previous,
                            struct sim_random *random)
{
    if (fields->backoff == 0) {
        return 0;
    }
    double pause = exponential_pause(fields, attempt);
    double base = (double)fields->backoff;
    double reach = 3 * (previous > 0 ? (double)previous : base);
    switch ((enum jitter)fields->jitter) {
    case JITTER_NONE:
        return capped(fields, pause);
    case JITTER_FULL:
        return capped(fields, uniform_between(0, pause, random));
    case JITTER_EQUAL:
        return capped(fields, uniform_between(pause / 2, pause, random));
    case JITTER_DECORRELATED:
        return capped(fields, uniform_between(base, reach, random));
    }
    sim_assert(false);
    return 0;
}

bool sim_retry_next(struct sim_retry *retry, uint32_t attempt, enum sim_status status,
                    sim_time *previous, struct sim_random *random, sim_time *ret_pause)
{
    if (retry->shape->constructor == NULL) {
        return false;
    }
    const struct retry_fields *fields = retry->shape->fields;
    if ((int64_t)attempt > fields->max || !sim_retry_is_on((enum sim_retry_on)fields->on, status)) {
        return false;
    }
    if (fields->budget > 0) {
        if (retry->tokens < 1) {
            return false;
        }
        retry->tokens -= 1;
    }
    *ret_pause = retry_pause(fields, attempt, *previous, random);
    *previous = *ret_pause;
    return true;
}
