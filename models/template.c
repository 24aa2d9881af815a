/* template: a model to begin from. It holds each request for a while and answers it, and turns some
 * away. Copy this file to models/FAMILY/NAME.c and follow the numbers.
 *
 *  1. Say above what the model is, which rule or paper it follows, and what it leaves out.
 *  2. Parameters: one struct, one table. The table is all that parsing, checks, help and manual
 * need.
 *  3. State: what one life of a node remembers. It is zeroed before every life and lost in a crash.
 *  4. Frame: what is remembered of one request in hand; it dies with the node too.
 *  5. Metrics, timers, random streams: names in tables, numbered by an enum in the same order.
 *  6. One function for each input that matters, and the handler that chooses among them.
 *  7. The descriptor. Declare it in models/models.h and add its row to models/models.c.
 *  8. A page in docs/models/ and a story in tests/unit/test_NAME.c, in exact virtual time.
 */
#include "models.h"

/* 2 */
struct template_params {
    const struct sim_dist *delay;
    double reject;
};

static const struct sim_param template_params[] = {
    {"delay", SIM_PARAM_DURATION_LAW, offsetof(struct template_params, delay), "ms(1)",
     SIM_NOT_NEGATIVE, "how long a request is held", NULL, NULL},
    {"reject", SIM_PARAM_RATIO, offsetof(struct template_params, reject), "percent(0)", 0, 1,
     "requests that are turned away", NULL, NULL},
    {0},
};

/* 3 */
struct template_state {
    int64_t held_count;
};

/* 4 */
struct holding {
    sim_ticket ticket;
    sim_time since;
};

/* 5 */
enum template_metric { METRIC_HELD, METRIC_TIME };
static const struct sim_metric_spec template_metrics[] = {
    {"held", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests in hand", NULL},
    {"held.time", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "how long each was held", NULL},
    {0},
};

enum template_timer { TIMER_RELEASE };
static const char *const template_timers[] = {"release", NULL};

enum template_draw { DRAW_DELAY, DRAW_REJECT };
static const char *const template_draws[] = {"delay", "reject", NULL};

/* 6 */
static void on_request(struct sim_node *self, const struct sim_input *in)
{
    const struct template_params *params = sim_params(self);
    struct template_state *state = sim_state(self);
    if (sim_random_chance(sim_random_of(self, DRAW_REJECT), params->reject)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct holding *holding = sim_frame_at(self, frame);
    holding->ticket = in->ticket;
    holding->since = sim_now(self);
    state->held_count++;
    sim_level(self, METRIC_HELD, 1);
    sim_after(self, sim_draw(self, DRAW_DELAY, params->delay), TIMER_RELEASE, frame);
}

static void on_release(struct sim_node *self, sim_frame frame)
{
    struct template_state *state = sim_state(self);
    const struct holding *holding = sim_frame_at(self, frame);
    state->held_count--;
    sim_level(self, METRIC_HELD, -1);
    sim_record(self, METRIC_TIME, sim_now(self) - holding->since);
    struct sim_reply reply = {.bytes = sim_request_of(self, holding->ticket)->bytes};
    sim_answer(self, holding->ticket, &reply);
    sim_frame_end(self, frame);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_REQUEST) {
        on_request(self, in);
    } else if (in->kind == SIM_IN_TIMER && in->timer == TIMER_RELEASE) {
        on_release(self, in->tag);
    }
}

/* At the end of a life, be it a crash or the end of the run: what was in hand is lost. */
static void release(struct sim_node *self)
{
    struct template_state *state = sim_state(self);
    sim_level(self, METRIC_HELD, -state->held_count);
    state->held_count = 0;
}

/* 7 */
const struct sim_model sim_model_template = {
    .abi = SIM_MODEL_ABI,
    .name = "template",
    .summary = "holds each request for a while and answers it: a model to begin from",
    .params_size = sizeof(struct template_params),
    .params = template_params,
    .state_size = sizeof(struct template_state),
    .frame_size = sizeof(struct holding),
    .handle = handle,
    .release = release,
    .metrics = template_metrics,
    .timers = template_timers,
    .draws = template_draws,
};
