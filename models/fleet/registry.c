/* registry: who is there, as far as he has said so lately. Members report at an interval
 * (report.h), which is their heartbeat; one that has not for `ttl` is taken off the list at the
 * next sweep. Callers ask for the list at an interval of their own and keep it meanwhile.
 *
 * As in Netflix Eureka (its wiki, "Understanding Eureka client/server communication"), nobody is
 * removed while fewer than the share `preserve` of those listed have been heard: it is then more
 * probable that the network is ill than that they all are.
 *
 * Or they watch: they keep a stream open, and are told of each change when it happens, as etcd,
 * ZooKeeper and Consul offer it.
 *
 * Who is there at the start of the run is listed then. A crash forgets the list. Left out: several
 * registries that copy from one another, members that say goodbye.
 */
#include "followers.h"
#include "listing.h"
#include "models.h"
#include "report.h"

#define ITEM_BYTES 100 /* a key, a value, a revision */

struct registry_params {
    struct sim_target to;
    sim_time ttl;
    sim_time sweep;
    double preserve;
};

struct entry {
    bool is_ours; /* in `to` */
    bool is_listed;
    sim_time heard;
};

struct registry_state {
    struct entry *entries; /* by node id, from `first` */
    sim_node_id first;
    uint32_t count; /* of ids between the first and the last one */
    int64_t listed;
    struct followers watchers;
};

enum registry_metric {
    METRIC_LISTED,
    METRIC_ADDED,
    METRIC_REMOVED,
    METRIC_LOOKUPS,
    METRIC_WATCHERS,
    METRIC_PUSHED
};
static const struct sim_metric_spec registry_metrics[] = {
    {"listed", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members on the list", NULL},
    {"added", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members put on the list, also again", NULL},
    {"removed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members taken off for their silence", NULL},
    {"lookups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times that it was asked", NULL},
    {"watchers", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "streams on which it tells of changes", NULL},
    {"pushed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "items sent on these", NULL},
    {0},
};

enum registry_timer { TIMER_SWEEP };
static const char *const registry_timers[] = {"sweep", NULL};

enum registry_message { MESSAGE_REPORT, MESSAGE_LOOKUP, MESSAGE_LISTING };
static const char *const registry_messages[] = {REPORT_MESSAGE, LOOKUP_MESSAGE, LISTING_MESSAGE,
                                                NULL};

#define P(field) offsetof(struct registry_params, field)

static const struct sim_param registry_params[] = {
    {"to", SIM_PARAM_TARGET, P(to), NULL, SIM_UNBOUNDED,
     "whom it can list; they report to this node (`report_to`)", NULL, NULL},
    {"ttl", SIM_PARAM_DURATION, P(ttl), "s(90)", 1e-9, 1e9,
     "who has been silent for longer goes off the list [Eureka: 90 s]", NULL, NULL},
    {"sweep", SIM_PARAM_DURATION, P(sweep), "s(60)", 1e-3, 1e9,
     "how often it looks for those [Eureka: 60 s]", NULL, NULL},
    {"preserve", SIM_PARAM_RATIO, P(preserve), "percent(0)", 0, 1,
     "with fewer than this share heard within ttl nobody is removed [Eureka: 85 %]", NULL, NULL},
    {0},
};

#undef P

static void push(struct sim_node *self, sim_stream stream, const struct entry *entry)
{
    const struct registry_state *state = sim_state(self);
    sim_node_id node = state->first + (sim_node_id)(entry - state->entries);
    if (sim_stream_send(self, stream, listing_item(node, entry->is_listed), ITEM_BYTES)) {
        sim_count(self, METRIC_PUSHED, 1);
    }
}

static void list(struct sim_node *self, struct entry *entry, bool is_listed)
{
    struct registry_state *state = sim_state(self);
    int64_t delta = (int64_t)is_listed - (int64_t)entry->is_listed;
    entry->is_listed = is_listed;
    state->listed += delta;
    sim_level(self, METRIC_LISTED, delta);
    for (uint32_t i = 0; i < state->watchers.count; i++) {
        push(self, state->watchers.each[i], entry);
    }
}

static void start(struct sim_node *self)
{
    const struct registry_params *params = sim_params(self);
    struct registry_state *state = sim_state(self);
    sim_node_id last = params->to.ids[0];
    state->first = last;
    for (uint32_t i = 0; i < params->to.count; i++) {
        sim_node_id id = params->to.ids[i];
        state->first = id < state->first ? id : state->first;
        last = id > last ? id : last;
    }
    state->count = last - state->first + 1;
    state->entries = sim_alloc(self, state->count * sizeof *state->entries);
    for (uint32_t i = 0; i < params->to.count; i++) {
        state->entries[params->to.ids[i] - state->first].is_ours = true;
    }
    sim_after(self, params->sweep, TIMER_SWEEP, 0);
    if (sim_now(self) == 0) {
        sim_node_id *ids = sim_alloc(self, params->to.count * sizeof *ids);
        uint32_t present = sim_members(self, &params->to, ids);
        for (uint32_t i = 0; i < present; i++) {
            list(self, &state->entries[ids[i] - state->first], true);
        }
    }
}

static void on_heartbeat(struct sim_node *self, sim_node_id from)
{
    struct registry_state *state = sim_state(self);
    if (from < state->first || from - state->first >= state->count ||
        !state->entries[from - state->first].is_ours) {
        return;
    }
    struct entry *entry = &state->entries[from - state->first];
    entry->heard = sim_now(self);
    if (!entry->is_listed) {
        sim_count(self, METRIC_ADDED, 1);
        list(self, entry, true);
    }
}

static void sweep(struct sim_node *self)
{
    const struct registry_params *params = sim_params(self);
    struct registry_state *state = sim_state(self);
    sim_after(self, params->sweep, TIMER_SWEEP, 0);
    uint32_t silent = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct entry *entry = &state->entries[i];
        silent += entry->is_listed && sim_now(self) - entry->heard > params->ttl;
    }
    if ((double)(state->listed - silent) < params->preserve * (double)state->listed) {
        return;
    }
    for (uint32_t i = 0; i < state->count && silent > 0; i++) {
        struct entry *entry = &state->entries[i];
        if (entry->is_listed && sim_now(self) - entry->heard > params->ttl) {
            sim_count(self, METRIC_REMOVED, 1);
            list(self, entry, false);
        }
    }
}

static void on_lookup(struct sim_node *self, sim_node_id from)
{
    struct registry_state *state = sim_state(self);
    sim_count(self, METRIC_LOOKUPS, 1);
    for (uint32_t at = 0; at < state->count; at += LISTING_NODES) {
        uint64_t words[SIM_MESSAGE_WORDS] = {[LISTING_FIRST] = state->first + at};
        for (uint32_t i = 0; i < LISTING_NODES && at + i < state->count; i++) {
            if (state->entries[at + i].is_listed) {
                listing_add(words, i);
            }
        }
        sim_send_message(self, from, MESSAGE_LISTING, words, (int64_t)sizeof words);
    }
}

/* A watcher is first told how it stands with every one. */
static void on_opened(struct sim_node *self, sim_stream stream)
{
    struct registry_state *state = sim_state(self);
    followers_add(&state->watchers, stream);
    sim_level(self, METRIC_WATCHERS, 1);
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->entries[i].is_ours) {
            push(self, stream, &state->entries[i]);
        }
    }
}

static void on_closed(struct sim_node *self, sim_stream stream)
{
    struct registry_state *state = sim_state(self);
    followers_drop(&state->watchers, stream);
    sim_level(self, METRIC_WATCHERS, -1);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_REPORT) {
        on_heartbeat(self, in->from);
    } else if (in->kind == SIM_IN_MESSAGE && in->message == MESSAGE_LOOKUP) {
        on_lookup(self, in->from);
    } else if (in->kind == SIM_IN_TIMER) {
        sweep(self);
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        on_opened(self, in->stream);
    } else if (in->kind == SIM_IN_STREAM_CLOSED) {
        on_closed(self, in->stream);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    } else if (in->kind == SIM_IN_REQUEST) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR); /* it serves nothing */
    }
}

static void release(struct sim_node *self)
{
    struct registry_state *state = sim_state(self);
    sim_level(self, METRIC_LISTED, -state->listed);
    sim_level(self, METRIC_WATCHERS, -(int64_t)state->watchers.count);
    state->listed = 0;
    followers_clear(&state->watchers);
}

const struct sim_model sim_model_registry = {
    .abi = SIM_MODEL_ABI,
    .name = "registry",
    .summary = "lists who has sent a heartbeat lately, for balancers that ask it whom there is",
    .params_size = sizeof(struct registry_params),
    .params = registry_params,
    .state_size = sizeof(struct registry_state),
    .handle = handle,
    .release = release,
    .metrics = registry_metrics,
    .timers = registry_timers,
    .messages = registry_messages,
};
