/* autoscaler: sets the number of members of a group by what they report, with the delays that this
 * has: reports come at an interval, it looks at an interval, a new member has to boot.
 *
 * The rule is that of the Kubernetes Horizontal Pod Autoscaler (its page "Algorithm details", and
 * replica_calculator.go):
 *
 *   desired = ceil(current x metric / target), the metric being the mean of those that report
 *   - nothing changes while metric / target is within `tolerance` of 1;
 *   - a member that has not reported (booting, dead, cut off) counts as idle when the others say
 *     "more", and as just at the target when they say "fewer"; if that turns the answer round,
 *     nothing changes;
 *   - of several metrics the one that asks for most decides;
 *   - the largest of all that was desired within `stabilise_in` is done: what goes, goes late;
 *   - at one look no more come than `grow_count` or `grow_ratio`, whichever allows more.
 *
 * A `cooldown` after each change, as simple scaling policies have one (AWS), is the user's choice.
 *
 * Where a deploy replaces the members, there are two groups, and the deploy brings about what is
 * asked of it (as a Deployment does what the HPA writes into it): it is told of the size at every
 * look, so that a message that is lost is made up for. Members of both versions count alike.
 *
 * Left out: prediction, schedules, other sizes of machines, limits to how many leave at one look.
 */
#include "fleet/size.h"
#include "models.h"
#include "report.h"

#include <string.h>

#define RECENT_MAX 100000 /* looks that a stabilisation window may span */

enum signal { SIGNAL_BUSY, SIGNAL_QUEUED, SIGNAL_RATE, SIGNAL_COUNT };

struct autoscaler_params {
    struct sim_target to, through;
    double target[SIGNAL_COUNT]; /* of a member; 0 = not looked at */
    int64_t min, max;            /* max: 0 = all that there can be */
    double tolerance;
    sim_time every;
    sim_time stabilise_in;
    int64_t grow_count;
    double grow_ratio;
    sim_time cooldown;
    sim_time boot;
    sim_time notice;
    sim_time stale;
};

/* What a member reported last. */
struct heard {
    sim_time at; /* 0 = nothing so far */
    double value[SIGNAL_COUNT];
};

/* What was desired at one of the looks. */
struct desire {
    sim_time at;
    uint32_t count;
};

/* One of the groups in `to`, whose members have places there in a row. */
struct scaled {
    sim_node_id first;
    uint32_t place, room;
};

struct autoscaler_state {
    struct scaled groups[SIM_SIZED_MAX];
    uint32_t group_count;
    uint32_t size, size_max; /* size: what it asked for last, where a deploy brings it about */
    struct heard *members;   /* by place in `to` */
    struct desire *recent;   /* a ring */
    uint32_t recent_size, recent_count, recent_next;
    uint32_t shown; /* by the level */
    sim_time changed;
    bool has_changed;
};

enum autoscaler_metric { METRIC_WANTED, METRIC_REPORTS, METRIC_SCALED_OUT, METRIC_SCALED_IN };
static const struct sim_metric_spec autoscaler_metrics[] = {
    {"wanted", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members asked for, booting ones too", NULL},
    {"reports", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reports of members that came", NULL},
    {"scaled.out", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members that were added", NULL},
    {"scaled.in", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members that were sent away", NULL},
    {0},
};

enum autoscaler_timer { TIMER_LOOK };
static const char *const autoscaler_timers[] = {"look", NULL};

enum autoscaler_message { MESSAGE_REPORT, MESSAGE_SIZE };
static const char *const autoscaler_messages[] = {REPORT_MESSAGE, SIZE_MESSAGE, NULL};

static const char *const through_models[] = {"deploy", NULL};

#define P(field) offsetof(struct autoscaler_params, field)

static const struct sim_param autoscaler_params[] = {
    {"to", SIM_PARAM_TARGET, P(to), NULL, SIM_UNBOUNDED,
     "group whose size it sets; its members report to this node (`report_to`); with `through` the "
     "groups of both versions",
     NULL, NULL},
    {"through", SIM_PARAM_TARGET, P(through), "nil", SIM_UNBOUNDED,
     "deploy that replaces the members of the group: does what this asks for, new members being of "
     "the new version",
     NULL, through_models},
    {"busy", SIM_PARAM_RATIO, P(target[SIGNAL_BUSY]), "nil", 1e-9, 1,
     "target: mean share of a member's servers at work", NULL, NULL},
    {"queued", SIM_PARAM_NUMBER, P(target[SIGNAL_QUEUED]), "nil", 1e-9, 1e12,
     "target: mean number of requests that wait at a member", NULL, NULL},
    {"rate", SIM_PARAM_RATE, P(target[SIGNAL_RATE]), "nil", 1e-9, 1e12,
     "target: mean rate of requests at a member", NULL, NULL},
    {"min", SIM_PARAM_INTEGER, P(min), "1", 1, 1e6, "fewest members [Kubernetes minReplicas: 1]",
     NULL, NULL},
    {"max", SIM_PARAM_INTEGER, P(max), "nil", 1, 1e6,
     "most members; left out = count_max of the group", NULL, NULL},
    {"tolerance", SIM_PARAM_RATIO, P(tolerance), "percent(10)", 0, 1,
     "so far off the target nothing is done [Kubernetes: 10 %]", NULL, NULL},
    {"every", SIM_PARAM_DURATION, P(every), "s(15)", 1e-3, 1e6,
     "how often it looks [Kubernetes: 15 s]", NULL, NULL},
    {"stabilise_in", SIM_PARAM_DURATION, P(stabilise_in), "s(300)", 0, 1e6,
     "members leave when all looks for so long agree [Kubernetes: 300 s]", NULL, NULL},
    {"grow_count", SIM_PARAM_INTEGER, P(grow_count), "4", 0, 1e6,
     "so many may come at one look, [Kubernetes: 4 in 15 s]", NULL, NULL},
    {"grow_ratio", SIM_PARAM_NUMBER, P(grow_ratio), "1", 0, 1e6,
     "or this part of those there are [Kubernetes: 100 % in 15 s]", NULL, NULL},
    {"cooldown", SIM_PARAM_DURATION, P(cooldown), "s(0)", SIM_NOT_NEGATIVE,
     "after a change nothing is done for so long [EC2 Auto Scaling has one, Kubernetes none]", NULL,
     NULL},
    {"boot", SIM_PARAM_DURATION, P(boot), "s(60)", SIM_NOT_NEGATIVE,
     "until a new member serves [assumed: a small virtual machine]", NULL, NULL},
    {"notice", SIM_PARAM_DURATION, P(notice), "s(1)", SIM_NOT_NEGATIVE,
     "until others know who is there; who leaves serves until then [assumed]", NULL, NULL},
    {"stale", SIM_PARAM_DURATION, P(stale), "s(60)", 1e-9, 1e9,
     "an older report counts as none [assumed: four are missing]", NULL, NULL},
    {0},
};

#undef P

static const char *validate(const void *fields)
{
    const struct autoscaler_params *params = fields;
    if (params->through.count > 1) {
        return "through: names one node";
    }
    if (params->through.count == 0 &&
        (params->to.shares != NULL || strpbrk(params->to.text, "[ ") != NULL)) {
        return "to: names one group as a whole; two are those of a deploy, with `through`";
    }
    if (params->target[SIGNAL_BUSY] == 0 && params->target[SIGNAL_QUEUED] == 0 &&
        params->target[SIGNAL_RATE] == 0) {
        return "needs a target: busy, queued or rate";
    }
    if (params->max > 0 && params->max < params->min) {
        return "max is less than min";
    }
    return params->stabilise_in / params->every < RECENT_MAX
               ? NULL
               : "stabilise_in spans more looks than it can remember: raise every";
}

/* ---- what it knows ---- */

/* Whether the node is among those whose size is set here, and its place in `to` if so. */
static bool find_place(const struct autoscaler_state *state, sim_node_id id, uint32_t *ret_place)
{
    for (uint32_t g = 0; g < state->group_count; g++) {
        const struct scaled *group = &state->groups[g];
        if (id >= group->first && id - group->first < group->room) {
            *ret_place = group->place + (id - group->first);
            return true;
        }
    }
    return false;
}

static void on_report(struct sim_node *self, const struct sim_input *in)
{
    struct autoscaler_state *state = sim_state(self);
    uint32_t place;
    if (!find_place(state, in->from, &place)) {
        return;
    }
    sim_count(self, METRIC_REPORTS, 1);
    struct heard *heard = &state->members[place];
    heard->at = sim_now(self);
    heard->value[SIGNAL_BUSY] = (double)in->words[REPORT_BUSY] / 1e9;
    heard->value[SIGNAL_QUEUED] = (double)in->words[REPORT_QUEUED];
    heard->value[SIGNAL_RATE] =
        (double)in->words[REPORT_REQUESTS] * 1e9 / (double)in->words[REPORT_LENGTH];
}

/* Shows how many there are to be; somebody else may have changed that. */
static uint32_t asked(struct sim_node *self)
{
    const struct autoscaler_params *params = sim_params(self);
    struct autoscaler_state *state = sim_state(self);
    bool is_told = params->through.count > 0;
    uint32_t count = is_told ? state->size : sim_members_asked(self, params->to.ids[0]);
    sim_level(self, METRIC_WANTED, (int64_t)count - (int64_t)state->shown);
    state->shown = count;
    return count;
}

/* ---- what it wants ---- */

/* Sums of a signal over the members that are asked for, in targets: of a member at its target 1. */
struct usage {
    double sum;
    uint32_t reported, missing;
};

static struct usage usage_of(const struct sim_node *self, const struct autoscaler_params *params,
                             const struct autoscaler_state *state, enum signal signal)
{
    struct usage usage = {0};
    for (uint32_t g = 0; g < state->group_count; g++) {
        const struct scaled *group = &state->groups[g];
        uint32_t count = sim_members_asked(self, group->first);
        for (uint32_t i = 0; i < count; i++) {
            const struct heard *heard = &state->members[group->place + i];
            if (heard->at > 0 && sim_now(self) - heard->at <= params->stale) {
                usage.sum += heard->value[signal] / params->target[signal];
                usage.reported++;
            } else {
                usage.missing++;
            }
        }
    }
    return usage;
}

static bool is_near_one(double ratio, double tolerance)
{
    return ratio >= 1 - tolerance && ratio <= 1 + tolerance;
}

/* Rounding must not cost a whole member. */
static uint32_t whole(double members)
{
    return (uint32_t)sim_ceil(members < 1e9 ? members - 1e-9 : 1e9);
}

/* What one signal asks for: the rule at the head of this file. */
static uint32_t desired_by(struct usage usage, uint32_t current, double tolerance)
{
    if (usage.reported == 0) {
        return current;
    }
    double ratio = usage.sum / usage.reported;
    if (usage.missing == 0) {
        return is_near_one(ratio, tolerance) ? current : whole(usage.sum);
    }
    double sum = usage.sum + (ratio < 1 ? usage.missing : 0);
    double all = sum / (usage.reported + usage.missing);
    if (is_near_one(all, tolerance) || (ratio < 1) != (all < 1)) {
        return current;
    }
    uint32_t desired = whole(sum);
    return (all < 1) == (desired < current) ? desired : current;
}

static uint32_t desired_of_all(const struct sim_node *self, const struct autoscaler_params *params,
                               const struct autoscaler_state *state, uint32_t current)
{
    uint32_t most = 0;
    for (enum signal signal = 0; signal < SIGNAL_COUNT; signal++) {
        if (params->target[signal] > 0) {
            struct usage usage = usage_of(self, params, state, signal);
            uint32_t desired = desired_by(usage, current, params->tolerance);
            most = desired > most ? desired : most;
        }
    }
    return most;
}

static void remember(struct sim_node *self, struct autoscaler_state *state, uint32_t count)
{
    state->recent[state->recent_next] = (struct desire){sim_now(self), count};
    state->recent_next = (state->recent_next + 1) % state->recent_size;
    state->recent_count += state->recent_count < state->recent_size;
}

/* The largest that was desired within the window: fewer are wanted only if they long have been. */
static uint32_t stabilised(const struct sim_node *self, const struct autoscaler_params *params,
                           const struct autoscaler_state *state)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < state->recent_count; i++) {
        const struct desire *desire = &state->recent[i];
        if (sim_now(self) - desire->at <= params->stabilise_in && desire->count > most) {
            most = desire->count;
        }
    }
    return most;
}

static uint32_t clamp(const struct autoscaler_params *params, uint32_t room, uint32_t current,
                      uint32_t desired)
{
    uint32_t by_count = current + (uint32_t)params->grow_count;
    uint32_t by_ratio = whole(current * (1 + params->grow_ratio));
    uint32_t growth = by_count > by_ratio ? by_count : by_ratio;
    desired = desired < growth ? desired : growth;
    uint32_t min = (uint32_t)params->min;
    uint32_t max = params->max > 0 && params->max < room ? (uint32_t)params->max : room;
    desired = desired > min ? desired : min;
    return desired < max ? desired : max;
}

/* ---- what it does ---- */

static void scale(struct sim_node *self, uint32_t current, uint32_t count)
{
    const struct autoscaler_params *params = sim_params(self);
    struct autoscaler_state *state = sim_state(self);
    if (count > current) {
        sim_count(self, METRIC_SCALED_OUT, count - current);
    } else {
        sim_count(self, METRIC_SCALED_IN, current - count);
    }
    state->changed = sim_now(self);
    state->has_changed = true;
    state->size = count;
    sim_note(self, "scales to", count);
    if (params->through.count == 0) {
        sim_members_scale(self, params->to.ids[0], count, params->boot, params->notice);
    }
    asked(self);
}

/* Who comes anew has said nothing yet. */
static void forget_others(struct sim_node *self)
{
    struct autoscaler_state *state = sim_state(self);
    for (uint32_t g = 0; g < state->group_count; g++) {
        const struct scaled *group = &state->groups[g];
        for (uint32_t i = sim_members_asked(self, group->first); i < group->room; i++) {
            state->members[group->place + i].at = 0;
        }
    }
}

static void tell_size(struct sim_node *self)
{
    const struct autoscaler_params *params = sim_params(self);
    const struct autoscaler_state *state = sim_state(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {state->size};
    sim_send_message(self, params->through.ids[0], MESSAGE_SIZE, words, SIZE_BYTES);
}

static void look(struct sim_node *self)
{
    const struct autoscaler_params *params = sim_params(self);
    struct autoscaler_state *state = sim_state(self);
    sim_after(self, params->every, TIMER_LOOK, 0);
    uint32_t current = asked(self);
    remember(self, state, desired_of_all(self, params, state, current));
    bool is_cooling = state->has_changed && sim_now(self) - state->changed < params->cooldown;
    uint32_t count = clamp(params, state->size_max, current, stabilised(self, params, state));
    if (count != current && !is_cooling) {
        scale(self, current, count);
    }
    forget_others(self);
    if (params->through.count > 0) {
        tell_size(self);
    }
}

/* A group has its places in a row, and the deploy's two can be as large as the smaller one. */
static void find_groups(struct sim_node *self)
{
    const struct autoscaler_params *params = sim_params(self);
    struct autoscaler_state *state = sim_state(self);
    uint32_t place = 0;
    while (place < params->to.count && state->group_count < SIM_SIZED_MAX) {
        sim_node_id first = params->to.ids[place];
        uint32_t room = sim_members_room(self, first);
        state->groups[state->group_count] = (struct scaled){first, place, room};
        state->size += sim_members_asked(self, first);
        state->size_max =
            state->group_count == 0 || room < state->size_max ? room : state->size_max;
        state->group_count++;
        place += room;
    }
}

static void start(struct sim_node *self)
{
    const struct autoscaler_params *params = sim_params(self);
    struct autoscaler_state *state = sim_state(self);
    find_groups(self);
    state->members = sim_alloc(self, params->to.count * sizeof *state->members);
    state->recent_size = (uint32_t)(params->stabilise_in / params->every) + 1;
    state->recent = sim_alloc(self, state->recent_size * sizeof *state->recent);
    remember(self, state, asked(self));
    sim_after(self, params->every, TIMER_LOOK, 0);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_REPORT) {
        on_report(self, in);
    } else if (in->kind == SIM_IN_TIMER) {
        look(self);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    } else if (in->kind == SIM_IN_REQUEST) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR); /* it serves nothing */
    }
}

static void release(struct sim_node *self)
{
    struct autoscaler_state *state = sim_state(self);
    sim_level(self, METRIC_WANTED, -(int64_t)state->shown);
    state->shown = 0;
}

static void sizes(const void *fields, struct sim_sizing *ret_sizing)
{
    const struct autoscaler_params *params = fields;
    ret_sizing->groups[0] = &params->to;
    ret_sizing->through = &params->through;
    ret_sizing->is_lasting = true;
}

const struct sim_model sim_model_autoscaler = {
    .abi = SIM_MODEL_ABI,
    .name = "autoscaler",
    .summary = "sets the number of members of a group by what they report, late as that is",
    .params_size = sizeof(struct autoscaler_params),
    .params = autoscaler_params,
    .validate = validate,
    .members_max = 1,
    .sizes = sizes,
    .state_size = sizeof(struct autoscaler_state),
    .handle = handle,
    .release = release,
    .metrics = autoscaler_metrics,
    .timers = autoscaler_timers,
    .messages = autoscaler_messages,
};
