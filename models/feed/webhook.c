/* feed.webhook: a receiver that is called with every update (a webhook). It works on the call and
 * answers; what it has worked on is delivered then, once: a call that was answered too late comes
 * again, and is known by its number.
 *
 * Which of the latest updates it has seen is kept in a window of bits behind the greatest number,
 * as the anti-replay window of IPsec does (RFC 4303, section 3.4.3). What is older than that is
 * taken for a duplicate.
 *
 * Left out: a publisher behind a balancer is fine, two publishers at one receiver are not told
 * apart.
 */
#include "feed.h"
#include "models.h"
#include "queue.h"

#define WINDOW_WORDS 64
#define WINDOW_BITS (UINT64_C(64) * WINDOW_WORDS)

struct webhook_params {
    const struct sim_dist *service;
    int64_t servers;
    int64_t queue_limit;
    double errors;
};

struct webhook_state {
    struct sim_station *work;
    uint64_t greatest;             /* number seen; 0 = none */
    uint64_t window[WINDOW_WORDS]; /* number n is at bit n % WINDOW_BITS */
};

enum webhook_metric {
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_WAIT,
    METRIC_DELAY,
    METRIC_DELIVERED,
    METRIC_DUPLICATES
};
static const struct sim_metric_spec webhook_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "calls that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"delay", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "from the publication of an update to the end of the work on it", NULL},
    {"delivered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates worked on", NULL},
    {"duplicates", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "calls with an update seen before", NULL},
    {0},
};

enum webhook_draw { DRAW_SERVICE, DRAW_ERRORS };
static const char *const webhook_draws[] = {"service", "errors", NULL};

static const struct sim_param webhook_params[] = {
    {"service", SIM_PARAM_DURATION_LAW, offsetof(struct webhook_params, service), "ms(0)",
     SIM_NOT_NEGATIVE, "work of a call", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct webhook_params, servers), "1", 1, 1e9,
     "calls that are worked on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct webhook_params, queue_limit), "-1", -1, 1e12,
     "calls that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"errors", SIM_PARAM_RATIO, offsetof(struct webhook_params, errors), "percent(0)", 0, 1,
     "calls that fail after their work", NULL, NULL},
    {0},
};

static uint64_t *word_of(struct webhook_state *state, uint64_t number)
{
    return &state->window[number % WINDOW_BITS / 64];
}

/* True when it is the first time. */
static bool see(struct webhook_state *state, uint64_t number)
{
    uint64_t bit = UINT64_C(1) << number % 64;
    if (number + WINDOW_BITS <= state->greatest) {
        return false;
    }
    if (number >= state->greatest + WINDOW_BITS) {
        for (uint32_t i = 0; i < WINDOW_WORDS; i++) {
            state->window[i] = 0;
        }
        state->greatest = number;
    }
    while (state->greatest < number) {
        state->greatest++;
        *word_of(state, state->greatest) &= ~(UINT64_C(1) << state->greatest % 64);
    }
    bool is_first = (*word_of(state, number) & bit) == 0;
    *word_of(state, number) |= bit;
    return is_first;
}

static void on_done(struct sim_node *self, sim_ticket ticket)
{
    const struct webhook_params *params = sim_params(self);
    struct webhook_state *state = sim_state(self);
    const struct sim_request *request = sim_request_of(self, ticket);
    if (sim_random_chance(sim_random_of(self, DRAW_ERRORS), params->errors)) {
        sim_answer_status(self, ticket, SIM_STATUS_ERROR);
        return;
    }
    if (see(state, request->value)) {
        struct sim_item item = {.key = request->key, .version = request->value};
        sim_count(self, METRIC_DELIVERED,
                  feed_delivered(self, METRIC_DELAY, item, request->value - 1, 0));
    } else {
        sim_count(self, METRIC_DUPLICATES, 1);
    }
    sim_answer_status(self, ticket, SIM_STATUS_OK);
}

static void on_request(struct sim_node *self, const struct sim_input *in)
{
    const struct webhook_params *params = sim_params(self);
    struct webhook_state *state = sim_state(self);
    if (in->request->operation != SIM_OP_APPEND || in->request->value == 0) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
    } else if (!sim_station_work(self, state->work, sim_draw(self, DRAW_SERVICE, params->service),
                                 in->request->priority, in->request->span, in->ticket)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

static void start(struct sim_node *self)
{
    const struct webhook_params *params = sim_params(self);
    struct webhook_state *state = sim_state(self);
    state->work = queue_start(self, params->servers, params->queue_limit, METRIC_BUSY);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        on_request(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

const struct sim_model sim_model_feed_webhook = {
    .abi = SIM_MODEL_ABI,
    .name = "feed.webhook",
    .summary = "a receiver that is called with every update, and may be called again",
    .params_size = sizeof(struct webhook_params),
    .params = webhook_params,
    .state_size = sizeof(struct webhook_state),
    .handle = handle,
    .metrics = webhook_metrics,
    .draws = webhook_draws,
};
