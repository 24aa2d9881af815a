/* deploy: replaces the members of one group by those of another, which is the new version of it, in
 * batches; before that, if asked to, a canary: a few new members beside the old ones, which must
 * not do worse than they.
 *
 *   wait -> [canary -> back, or on] -> rolling -> done
 *
 * Rolling is what a Kubernetes Deployment does with two replica sets (its page "Rolling Update
 * Deployment"): at most `surge` members more than before, counting booting ones and not those that
 * drain; at least all but `unavailable` available, a new one being available `min_ready` after this
 * node has heard of it. The first is rounded up, the second down.
 *
 * Who scales the group tells this node how many members there are to be (size.h), before, during
 * and after: while it rolls, those that are added are new ones, as in an "instance refresh" of
 * cloud scaling groups (Alibaba Cloud, Auto Scaling, "Instance refresh"; a Deployment would divide
 * them among both versions), and of too many the old ones go first, which are then not replaced. A
 * canary stays beside the old ones, which change.
 *
 * The canary is judged by what members report (report.h): the share of failures, and of answers
 * that are slow, each by Fisher's exact test against the old members in the same time. It goes back
 * when one of them is worse at a level of `significance`, divided by the number of tests
 * (Bonferroni), so that a version as good as the old one is sent back with at most that
 * probability.
 *
 * Left out: steps of a canary, watching on while it rolls, rolling back a finished deploy.
 */
#include "fleet/fisher.h"
#include "fleet/size.h"
#include "models.h"
#include "report.h"

#include <string.h>

struct deploy_params {
    struct sim_target from, to;
    sim_time at;
    double surge, unavailable;
    sim_time min_ready;
    sim_time boot, notice;
    int64_t canary; /* 0 = none */
    sim_time settle;
    sim_time judge_every;
    int64_t judgements;
    int64_t requests_min;
    double significance;
};

enum stage { STAGE_WAITING, STAGE_CANARY, STAGE_WATCHING, STAGE_ROLLING, STAGE_OVER };
enum side { SIDE_OLD, SIDE_NEW, SIDE_COUNT };

struct deploy_state {
    enum stage stage;
    uint32_t total;     /* members before, and after */
    uint32_t available; /* of the new ones */
    sim_node_id *ids;   /* scratch */
    sim_time watched_since;
    struct tally failed[SIDE_COUNT], slow[SIDE_COUNT];
    int64_t judged;
};

enum deploy_metric { METRIC_NEW, METRIC_JUDGED, METRIC_ROLLED_BACK, METRIC_FINISHED, METRIC_TOOK };
static const struct sim_metric_spec deploy_metrics[] = {
    {"new", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members of the new version asked for", NULL},
    {"judged", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "judgements of the canary", NULL},
    {"rolled_back", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "canaries that were sent back", "judged"},
    {"finished", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "deploys that came to their end", NULL},
    {"took", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "from the first new member to the end", NULL},
    {0},
};

enum deploy_timer { TIMER_BEGIN, TIMER_READY, TIMER_JUDGE };
static const char *const deploy_timers[] = {"begin", "ready", "judge", NULL};

enum deploy_message { MESSAGE_REPORT, MESSAGE_SIZE };
static const char *const deploy_messages[] = {REPORT_MESSAGE, SIZE_MESSAGE, NULL};

#define P(field) offsetof(struct deploy_params, field)

static const struct sim_param deploy_params[] = {
    {"from", SIM_PARAM_TARGET, P(from), NULL, SIM_UNBOUNDED,
     "group of the old version; its members are replaced", NULL, NULL},
    {"to", SIM_PARAM_TARGET, P(to), NULL, SIM_UNBOUNDED,
     "group of the new version, which begins with count = 0", NULL, NULL},
    {"at", SIM_PARAM_MOMENT, P(at), "s(0)", SIM_NOT_NEGATIVE, "when it begins", NULL, NULL},
    {"surge", SIM_PARAM_RATIO, P(surge), "percent(25)", 0, 1,
     "so many more than before there may be, rounded up [Kubernetes: 25 %]", NULL, NULL},
    {"unavailable", SIM_PARAM_RATIO, P(unavailable), "percent(25)", 0, 1,
     "so many may be missing, rounded down [Kubernetes: 25 %]", NULL, NULL},
    {"min_ready", SIM_PARAM_DURATION, P(min_ready), "s(0)", SIM_NOT_NEGATIVE,
     "a new member is relied on so long after one hears of it [Kubernetes: 0 s]", NULL, NULL},
    {"boot", SIM_PARAM_DURATION, P(boot), "s(30)", SIM_NOT_NEGATIVE,
     "until a new member serves [assumed: a container]", NULL, NULL},
    {"notice", SIM_PARAM_DURATION, P(notice), "s(1)", SIM_NOT_NEGATIVE,
     "until others know who is there; who leaves serves until then [assumed]", NULL, NULL},
    {"canary", SIM_PARAM_INTEGER, P(canary), "0", 0, 1e6,
     "new members that are tried first; 0 = none", NULL, NULL},
    {"settle", SIM_PARAM_DURATION, P(settle), "s(0)", SIM_NOT_NEGATIVE,
     "what the first members report in the beginning does not count", NULL, NULL},
    {"judge_every", SIM_PARAM_DURATION, P(judge_every), "minutes(5)", 1e-3, 1e9,
     "how long a canary is watched until a judgement [assumed]", NULL, NULL},
    {"judgements", SIM_PARAM_INTEGER, P(judgements), "1", 1, 1e6,
     "that it has to pass, each by all that was seen so far", NULL, NULL},
    {"requests_min", SIM_PARAM_INTEGER, P(requests_min), "100", 1, 1e15,
     "fewer requests to canaries are too few to judge by: it watches on [assumed]", NULL, NULL},
    {"significance", SIM_PARAM_RATIO, P(significance), "percent(1)", 1e-12, 1,
     "probability that a version as good as the old one is sent back [Kayenta: 98 % confidence, "
     "both sides together]",
     NULL, NULL},
    {0},
};

#undef P

static bool is_one_group(const struct sim_target *target)
{
    return target->shares == NULL && strpbrk(target->text, "[ ") == NULL;
}

static const char *validate(const void *fields)
{
    const struct deploy_params *params = fields;
    if (!is_one_group(&params->from) || !is_one_group(&params->to) ||
        params->from.ids[0] == params->to.ids[0]) {
        return "from and to: each names one group as a whole, and not the same one";
    }
    if (params->canary > params->to.count) {
        return "canary: more than the new group can have members";
    }
    return params->surge > 0 || params->unavailable > 0
               ? NULL
               : "surge and unavailable: one of them must be more than 0";
}

/* ---- rolling ---- */

static uint32_t asked(const struct sim_node *self, const struct sim_target *target)
{
    return sim_members_asked(self, target->ids[0]);
}

static void set(struct sim_node *self, const struct sim_target *target, uint32_t count)
{
    const struct deploy_params *params = sim_params(self);
    if (target == &params->to) {
        sim_level(self, METRIC_NEW, (int64_t)count - (int64_t)asked(self, target));
    }
    sim_members_scale(self, target->ids[0], count, params->boot, params->notice);
}

static void finish(struct sim_node *self)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    state->stage = STAGE_OVER;
    sim_count(self, METRIC_FINISHED, 1);
    sim_record(self, METRIC_TOOK, sim_now(self) - params->at);
}

/* New ones as far as there may be more, then old ones away as far as enough are left. */
static void roll(struct sim_node *self)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    uint32_t total = state->total;
    uint32_t most = total + (uint32_t)sim_ceil(params->surge * total - 1e-9);
    uint32_t least = total - (uint32_t)sim_floor(params->unavailable * total + 1e-9);
    if (most == total && least == total && total > 0) {
        least--; /* rounding left no room: one may be missing, as in Kubernetes */
    }
    uint32_t old = asked(self, &params->from), new = asked(self, &params->to);
    if (new > total) {
        set(self, &params->to, total);
        state->available = state->available < total ? state->available : total;
    }
    uint32_t wanted = most - old < total ? most - old : total;
    if (most > old && wanted > new) {
        set(self, &params->to, wanted);
    }
    uint32_t available = old + state->available;
    if (available > least && old > 0) {
        uint32_t away = available - least < old ? available - least : old;
        set(self, &params->from, old - away);
        if (asked(self, &params->to) < total) {
            roll(
                self); /* there is room for new ones now; at most once, as nothing came meanwhile */
        }
    }
    if (asked(self, &params->from) == 0 && state->available >= total) {
        finish(self);
    }
}

/* ---- scaling ---- */

/* After the end: the version that is there. A canary that was sent back has left the old one; a
 * deploy that died has left both, of which the new one changes, and the old one if that is not
 * enough. */
static void resize(struct sim_node *self, uint32_t size)
{
    const struct deploy_params *params = sim_params(self);
    uint32_t old = asked(self, &params->from), new = asked(self, &params->to);
    uint32_t stay = new == 0 || old > size ? size : old;
    set(self, &params->from, stay);
    set(self, &params->to, size - stay);
}

static void on_size(struct sim_node *self, uint64_t size)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    uint32_t room = params->from.count < params->to.count ? params->from.count : params->to.count;
    uint32_t total = size < room ? (uint32_t)size : room;
    switch (state->stage) {
    case STAGE_WAITING:
    case STAGE_CANARY:
    case STAGE_WATCHING:
        state->total = total;
        set(self, &params->from, total);
        break;
    case STAGE_ROLLING:
        state->total = total;
        roll(self);
        break;
    case STAGE_OVER:
        resize(self, total);
        break;
    }
}

/* ---- canary ---- */

static void on_report(struct sim_node *self, const struct sim_input *in)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    sim_time begun = sim_now(self) - (sim_time)in->words[REPORT_LENGTH];
    if (state->stage != STAGE_WATCHING || begun < state->watched_since) {
        return;
    }
    enum side side = SIDE_COUNT;
    if (in->from >= params->from.ids[0] && in->from - params->from.ids[0] < params->from.count) {
        side = SIDE_OLD;
    } else if (in->from >= params->to.ids[0] && in->from - params->to.ids[0] < params->to.count) {
        side = SIDE_NEW;
    } else {
        return;
    }
    uint64_t ended = in->words[REPORT_ENDED], failed = in->words[REPORT_FAILED];
    state->failed[side].hits += failed;
    state->failed[side].all += ended;
    state->slow[side].hits += in->words[REPORT_SLOW];
    state->slow[side].all += ended - failed;
}

static void judge(struct sim_node *self)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    if (state->failed[SIDE_NEW].all < (uint64_t)params->requests_min) {
        sim_after(self, params->judge_every, TIMER_JUDGE, 0);
        return;
    }
    double level = params->significance / (2 * (double)params->judgements);
    sim_count(self, METRIC_JUDGED, 1);
    state->judged++;
    if (fisher_p(state->failed[SIDE_NEW], state->failed[SIDE_OLD]) < level ||
        fisher_p(state->slow[SIDE_NEW], state->slow[SIDE_OLD]) < level) {
        sim_note(self, "rolls back after judgements", (uint64_t)state->judged);
        sim_count(self, METRIC_ROLLED_BACK, 1);
        set(self, &params->to, 0);
        state->stage = STAGE_OVER;
    } else if (state->judged < params->judgements) {
        sim_after(self, params->judge_every, TIMER_JUDGE, 0);
    } else {
        state->stage = STAGE_ROLLING;
        roll(self);
    }
}

/* ---- */

static void begin(struct sim_node *self)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    state->total = asked(self, &params->from);
    uint32_t room = params->to.count;
    state->total = state->total < room ? state->total : room;
    sim_level(self, METRIC_NEW, asked(self, &params->to));
    if (params->canary > 0) {
        state->stage = STAGE_CANARY;
        set(self, &params->to, (uint32_t)params->canary);
    } else {
        state->stage = STAGE_ROLLING;
        roll(self);
    }
}

/* Of `count` new members that have been relied on long enough, those that are there yet. */
static uint32_t still_there(struct sim_node *self, uint32_t count)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    uint32_t seen = sim_members(self, &params->to, state->ids);
    return count < seen ? count : seen;
}

static void on_members(struct sim_node *self)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    uint32_t seen = still_there(self, UINT32_MAX);
    state->available = still_there(self, state->available);
    sim_after(self, params->min_ready, TIMER_READY, seen);
    if (state->stage == STAGE_CANARY && seen >= (uint32_t)params->canary) {
        state->stage = STAGE_WATCHING;
        state->watched_since = sim_time_add(sim_now(self), params->settle);
        sim_after(self, sim_time_add(params->settle, params->judge_every), TIMER_JUDGE, 0);
    }
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    struct deploy_state *state = sim_state(self);
    switch ((enum deploy_timer)in->timer) {
    case TIMER_BEGIN:
        begin(self);
        break;
    case TIMER_JUDGE:
        judge(self);
        break;
    case TIMER_READY:
        state->available = still_there(self, (uint32_t)in->tag);
        if (state->stage == STAGE_ROLLING) {
            roll(self);
        }
        break;
    }
}

/* A deploy that dies stays where it is: what was asked for comes about, and nothing more. */
static void start(struct sim_node *self, bool is_restart)
{
    const struct deploy_params *params = sim_params(self);
    struct deploy_state *state = sim_state(self);
    state->ids = sim_alloc(self, params->to.count * sizeof *state->ids);
    if (is_restart) {
        state->stage = STAGE_OVER;
    } else {
        sim_after(self, params->at, TIMER_BEGIN, 0);
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_REPORT) {
        on_report(self, in);
    } else if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_SIZE) {
        on_size(self, in->words[0]);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_MEMBERS) {
        on_members(self);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    } else if (in->kind == SIM_IN_REQUEST) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR); /* it serves nothing */
    }
}

static void sizes(const void *fields, struct sim_sizing *ret_sizing)
{
    const struct deploy_params *params = fields;
    ret_sizing->groups[0] = &params->from;
    ret_sizing->groups[1] = &params->to;
}

const struct sim_model sim_model_deploy = {
    .abi = SIM_MODEL_ABI,
    .name = "deploy",
    .summary =
        "replaces the members of a group by a new version in batches, after a canary if asked",
    .params_size = sizeof(struct deploy_params),
    .params = deploy_params,
    .validate = validate,
    .members_max = 1,
    .sizes = sizes,
    .state_size = sizeof(struct deploy_state),
    .handle = handle,
    .metrics = deploy_metrics,
    .timers = deploy_timers,
    .messages = deploy_messages,
};
