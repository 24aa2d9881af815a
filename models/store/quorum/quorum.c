/* store.quorum: a leaderless replicated store. Every member is a replica and coordinates what it is
 * asked; a request is served when R or W of the N replicas of its key have answered.
 *
 * After DeCandia and others, "Dynamo: Amazon's highly available key-value store", SOSP 2007, and
 * Cassandra (Lakshman, Malik, SIGOPS 44(2), 2010, and its documentation). The rules, and what is
 * left out, stand at the head of the files that follow them; see quorum.h for which is which.
 */
#include "store/quorum/quorum.h"
#include "models.h"

struct quorum_state {
    struct quorum_coordinator coordinator;
    struct quorum_replica replica;
};

static const struct sim_param quorum_params[] = {
    QUORUM_PARAMS(struct quorum_replica_params, common),
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct quorum_replica_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a replica: one law, or one an operation; a read that comes first "
     "costs as a read [Cassandra: local latency of 0.1 ms]",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct quorum_replica_params, servers), "32", 1, 1e9,
     "reads and writes that a replica works on at once [Cassandra: concurrent_reads]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct quorum_replica_params, queue_limit), "-1",
     -1, 1e12, "reads and writes that may wait; more are refused; -1 = any number", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct quorum_replica_params, keys), "0", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct quorum_replica_params, fsync), "nil",
     SIM_NOT_NEGATIVE,
     "a write waits for the disk, which takes this; left out = the log is synced "
     "from time to time [Cassandra: commitlog_sync batch, periodic]",
     NULL, NULL},
    {"sync_period", SIM_PARAM_DURATION, offsetof(struct quorum_replica_params, sync_period),
     "s(10)", 1e-6, 1e9,
     "without fsync: how often the log is synced "
     "[Cassandra: commitlog_sync_period]",
     NULL, NULL},
    {"hinted_handoff", SIM_PARAM_BOOLEAN, offsetof(struct quorum_replica_params, hinted_handoff),
     "true", SIM_UNBOUNDED, "what a replica did not acknowledge is kept for it [Dynamo 4.6]", NULL,
     NULL},
    {"handoff_interval", SIM_PARAM_DURATION,
     offsetof(struct quorum_replica_params, handoff_interval), "s(10)", 1e-6, 1e9,
     "how often hints are sent to those who are there again [Cassandra: 10 s]", NULL, NULL},
    {"hint_window", SIM_PARAM_DURATION, offsetof(struct quorum_replica_params, hint_window),
     "hours(3)", 0, 1e300,
     "of how long an absence hints are kept "
     "[Cassandra: max_hint_window]",
     NULL, NULL},
    {"anti_entropy", SIM_PARAM_DURATION, offsetof(struct quorum_replica_params, anti_entropy),
     "none", 1e-6, 1e300,
     "how often a replica compares itself with another one; none = never "
     "[Cassandra: run by the operator]",
     NULL, NULL},
    {"merkle_depth", SIM_PARAM_INTEGER, offsetof(struct quorum_replica_params, merkle_depth), "10",
     1, QUORUM_MERKLE_DEPTH_MAX, "levels of the hash tree: 2^depth leaves [Cassandra: 15 to 20]",
     NULL, NULL},
    {0},
};

static const struct sim_metric_spec quorum_metrics[] = {
    QUORUM_METRICS,
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "reads and writes that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"hints", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "hints that are kept", NULL},
    {"hints.stored", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "hints that were kept, those read back after a crash included", NULL},
    {"hints.delivered", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "hints that were acknowledged", NULL},
    {"exchanges", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "comparisons of hash trees begun", NULL},
    {"merkle.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent to compare hash trees", NULL},
    {"merkle.different", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "leaves that differed", NULL},
    {"merkle.synced", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "keys that anti-entropy brought something newer of", NULL},
    {0},
};

static void start(struct sim_node *self, bool is_restart)
{
    const struct quorum_replica_params *params = sim_params(self);
    struct quorum_state *state = sim_state(self);
    uint32_t count = sim_group_size(self);
    sim_node_id *members = sim_alloc(self, count * sizeof *members);
    for (uint32_t i = 0; i < count; i++) {
        members[i] = sim_group_member(self, i);
    }
    state->coordinator.replica = &state->replica;
    state->replica.coordinator = &state->coordinator;
    state->replica.params = params;
    quorum_coordinator_start(self, &state->coordinator, &params->common, members, count);
    quorum_replica_start(self, &state->replica, is_restart);
    quorum_exchange_start(self, &state->replica);
}

static void on_message(struct sim_node *self, struct quorum_state *state,
                       const struct sim_input *in)
{
    switch ((enum quorum_message)in->message) {
    case QUORUM_ASK: {
        struct quorum_ask ask = quorum_ask_of(in);
        quorum_replica_ask(self, &state->replica, &ask);
        break;
    }
    case QUORUM_PING:
        sim_send_message(self, in->from, QUORUM_PONG, in->words, QUORUM_HEADER_BYTES);
        break;
    case QUORUM_ANSWER:
    case QUORUM_PONG:
        quorum_coordinator_message(self, &state->coordinator, in);
        break;
    case QUORUM_TREE:
    case QUORUM_LEAVES:
    case QUORUM_ENTRIES:
        quorum_exchange_message(self, &state->replica, in);
        break;
    }
}

static void on_timer(struct sim_node *self, struct quorum_state *state, const struct sim_input *in)
{
    switch ((enum quorum_timer)in->timer) {
    case QUORUM_TIMER_TIMEOUT:
        quorum_timeout(self, &state->coordinator, in->tag);
        break;
    case QUORUM_TIMER_PROBE:
        quorum_probe(self, &state->coordinator);
        break;
    case QUORUM_TIMER_SYNC:
        quorum_replica_sync_due(self, &state->replica);
        break;
    case QUORUM_TIMER_HANDOFF:
        quorum_handoff(self, &state->replica);
        break;
    case QUORUM_TIMER_ANTI_ENTROPY:
        quorum_exchange_due(self, &state->replica);
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct quorum_state *state = sim_state(self);
    if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, state, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        quorum_request(self, &state->coordinator, in);
    } else if (in->kind == SIM_IN_DONE) {
        quorum_replica_worked(self, &state->replica, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        quorum_replica_synced(self, &state->replica, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, state, in);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

static void release(struct sim_node *self)
{
    struct quorum_state *state = sim_state(self);
    if (state->replica.params != NULL) {
        quorum_coordinator_release(self, &state->coordinator);
        quorum_replica_release(self, &state->replica);
        quorum_exchange_release(&state->replica);
    }
}

/* Its own, and not what it keeps in place of others. */
static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct quorum_state *state = sim_state_const(self);
    cells_say(&state->replica.cells, say, data);
}

static bool is_holder(const struct sim_node *self, uint64_t key)
{
    const struct quorum_state *state = sim_state_const(self);
    return quorum_is_owner(&state->coordinator, key, state->coordinator.own);
}

/* What a level is in numbers, where it is not of a zone. */
static int64_t number_of(int64_t number, enum quorum_level level, int64_t replicas)
{
    if (number > 0) {
        return number;
    }
    return level == QUORUM_ONE ? 1 : level == QUORUM_ALL ? replicas : replicas / 2 + 1;
}

static const char *validate_abd(const struct quorum_params *params, int64_t n)
{
    enum quorum_level read_level = (enum quorum_level)params->read_level;
    enum quorum_level write_level = (enum quorum_level)params->write_level;
    if (params->sloppy) {
        return "sloppy quorums need not meet: not with protocol = \"abd\"";
    }
    if ((params->read_quorum == 0 && read_level == QUORUM_LOCAL) ||
        (params->write_quorum == 0 && write_level == QUORUM_LOCAL)) {
        return "quorums of different zones need not meet: no local_quorum with protocol = \"abd\"";
    }
    if (n > 0 && number_of(params->read_quorum, read_level, n) +
                         number_of(params->write_quorum, write_level, n) <=
                     n) {
        return "protocol = \"abd\" needs quorums that meet: read_quorum + write_quorum > replicas";
    }
    return NULL;
}

const char *quorum_validate(const struct quorum_params *params, int64_t members)
{
    int64_t n = params->replicas > 0 ? params->replicas : members;
    if (n > 0 && (params->read_quorum > n || params->write_quorum > n)) {
        return "read_quorum and write_quorum are at most replicas";
    }
    if (params->placement != QUORUM_RING && params->replicas == 0) {
        return "placement: where all members hold all keys there is nothing to place; give "
               "replicas";
    }
    if (params->placement == QUORUM_COPYSETS && params->replicas == 1) {
        return "placement: a set of one is a member; copysets need replicas of 2 or more";
    }
    if (params->sloppy && params->replicas == 0) {
        return "sloppy: where all members hold all keys nobody can stand in; give replicas";
    }
    return params->protocol == QUORUM_ABD ? validate_abd(params, n) : NULL;
}

static const char *validate(const void *fields)
{
    const struct quorum_replica_params *params = fields;
    if (params->common.sloppy && !params->hinted_handoff) {
        return "sloppy: a stand-in keeps hints; not with hinted_handoff = false";
    }
    return quorum_validate(&params->common, 0);
}

static const char *validate_members(const void *fields, uint32_t members)
{
    const struct quorum_replica_params *params = fields;
    return quorum_validate(&params->common, members);
}

const struct sim_model sim_model_store_quorum = {
    .abi = SIM_MODEL_ABI,
    .name = "store.quorum",
    .summary = "a leaderless replicated store: R answers for a read, W for a write, of N replicas",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct quorum_replica_params),
    .params = quorum_params,
    .validate = validate,
    .validate_members = validate_members,
    .state_size = sizeof(struct quorum_state),
    .frame_size = sizeof(struct quorum_frame),
    .handle = handle,
    .release = release,
    .contents = contents,
    .is_holder = is_holder,
    .metrics = quorum_metrics,
    .timers = quorum_timers,
    .messages = quorum_messages,
    .draws = quorum_draws,
};
