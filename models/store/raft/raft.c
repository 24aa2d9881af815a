/* store.raft: a replicated store whose members agree on one log of what is done to it.
 *
 * Every member takes requests; one that does not lead sends them on to the leader it knows, as etcd
 * does, and is unavailable where it knows none. The leader appends writes to the log; what a
 * majority has on disk is committed, applied, and answered. Reads see all of that (reads.c), unless
 * they ask for less: `eventual` and `prefix` are served by whoever is asked from what it has
 * applied, and so is `session` where that is as much as the session has seen.
 *
 * What was not done is unavailable. What was proposed and lost its leader has an open fate: it is a
 * timeout, unless the member sees it commit.
 *
 * Left out: sessions that filter retries (6.3), scans.
 */
#include "store/raft/raft.h"
#include "models.h"

static const char *const read_names[] = {"index", "lease", "log", NULL};

static const struct sim_param raft_params[] = {
    {"election_timeout", SIM_PARAM_DURATION, offsetof(struct raft_params, election_timeout),
     "ms(150)", 1e-6, 1e6,
     "least time without a word from a leader after which a member stands for election "
     "[Ongaro 2014, 9.4: 150 to 300 ms; etcd: 1 s]",
     NULL, NULL},
    {"election_timeout_max", SIM_PARAM_DURATION, offsetof(struct raft_params, election_timeout_max),
     "none", 1e-6, 1e300, "the most, drawn uniformly; none = twice the least [Ongaro 2014, 3.4]",
     NULL, NULL},
    {"heartbeat", SIM_PARAM_DURATION, offsetof(struct raft_params, heartbeat), "none", 1e-6, 1e300,
     "how often a leader shows that it leads; none = half of election_timeout "
     "[Ongaro 2014, 9.4; etcd: a tenth]",
     NULL, NULL},
    {"pre_vote", SIM_PARAM_BOOLEAN, offsetof(struct raft_params, pre_vote), "true", SIM_UNBOUNDED,
     "candidates ask first whether they would be voted for [Ongaro 2014, 9.6]", NULL, NULL},
    {"check_quorum", SIM_PARAM_BOOLEAN, offsetof(struct raft_params, check_quorum), "true",
     SIM_UNBOUNDED,
     "a leader that hears no majority steps down, a member that hears a leader does not vote "
     "[Ongaro 2014, 4.2.3, 6.2]",
     NULL, NULL},
    {"read", SIM_PARAM_CHOICE, offsetof(struct raft_params, read), "\"index\"", SIM_UNBOUNDED,
     "how reads see all that is committed: by a round of heartbeats, by a lease, as entries of the "
     "log [Ongaro 2014, 6.4]",
     NULL, read_names},
    {"clock_drift", SIM_PARAM_RATIO, offsetof(struct raft_params, clock_drift), "percent(10)", 0, 1,
     "how much faster a clock may run than another, for leases [Ongaro 2014, 6.4.1]", NULL, NULL},
    {"batch", SIM_PARAM_INTEGER, offsetof(struct raft_params, batch), "64", 1, 512,
     "entries in a message, at most [Ongaro 2014, 10.2.2]", NULL, NULL},
    {"pipeline", SIM_PARAM_INTEGER, offsetof(struct raft_params, pipeline), "256", 1, 1e6,
     "messages with entries to a follower that need not be acknowledged yet "
     "[etcd: max-inflight-msgs 256 to 512]",
     NULL, NULL},
    {"preferred", SIM_PARAM_INTEGER, offsetof(struct raft_params, preferred), "0", 0,
     RAFT_MEMBERS_MAX,
     "number of the member to which others hand over when they lead; 0 = none "
     "[Ongaro 2014, 3.10]",
     NULL, NULL},
    {"voters", SIM_PARAM_INTEGER, offsetof(struct raft_params, voters), "0", 0, RAFT_MEMBERS_MAX,
     "members that vote, the first ones at the start; the others learn, and are spares; 0 = all "
     "[Ongaro 2014, 4.2.1]",
     NULL, NULL},
    {"replace_after", SIM_PARAM_DURATION, offsetof(struct raft_params, replace_after), "none", 1e-6,
     1e300,
     "a voter that the leader has not heard for so long gives way to a spare; none = never "
     "[Consul autopilot: last_contact_threshold]",
     NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct raft_params, fsync), "nil", SIM_NOT_NEGATIVE,
     "an fsync of log, term and vote, which all that is promised waits for; left out = nothing "
     "does",
     NULL, NULL},
    {"sync_period", SIM_PARAM_DURATION, offsetof(struct raft_params, sync_period), "s(1)", 1e-6,
     1e9, "how often the log is synced where nobody waits for it [Redis: appendfsync everysec]",
     NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct raft_params, timeout), "s(7)", 1e-6, 1e9,
     "how long a member waits for the leader that it sent a request to [etcd: 5 s and two election "
     "timeouts]",
     NULL, NULL},
    {"snapshot", SIM_PARAM_INTEGER, offsetof(struct raft_params, snapshot), "10000", 0, 1e9,
     "entries after which a snapshot takes their place; 0 = never "
     "[etcd: snapshot-count 10000]",
     NULL, NULL},
    {"snapshot_keep", SIM_PARAM_INTEGER, offsetof(struct raft_params, snapshot_keep), "5000", 0,
     1e9, "entries before a snapshot that stay, for followers that are behind [etcd: 5000]", NULL,
     NULL},
    {"snapshot_chunk", SIM_PARAM_INTEGER, offsetof(struct raft_params, snapshot_chunk), "64", 1,
     1024, "keys in a chunk of a snapshot that is sent [assumed]", NULL, NULL},
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct raft_params, service), "ms(0)",
     SIM_NOT_NEGATIVE, "work of a request at the leader: one law, or one an operation", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct raft_params, servers), "1", 1, 1e9,
     "requests that are worked on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct raft_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct raft_params, keys), "-1", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct raft_params, value_bytes), "KiB(1)", 0, 1e12,
     "size of a value, where the request does not say [YCSB: 1 kB]", NULL, NULL},
    {0},
};

static const struct sim_metric_spec raft_metrics[] = {
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "writes that were committed and took effect",
     NULL},
    {"leaders", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that take themselves for the leader",
     NULL},
    {"elections", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "candidates that asked for votes", NULL},
    {"elections.won", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "of these, elected", "elections"},
    {"pre_votes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "times that a member asked whether it would be voted for", NULL},
    {"steps_down", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "leaders that stepped down because they heard no majority", NULL},
    {"transfers", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "times that a leader told another member to take over", NULL},
    {"added", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times that a leader began to add a voter",
     NULL},
    {"removed", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "times that a leader began to remove a voter",
     NULL},
    {"catch_ups", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "rounds in which a member that was to vote was brought up to the leader's log", NULL},
    {"resigned", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "leaders that were removed and handed over to another voter", NULL},
    {"undone", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "members that dropped a change of the voters, which was not committed", NULL},
    {"forwarded", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests sent on to the leader", NULL},
    {"leaderless", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that know no leader", NULL},
    {"syncs", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "fsyncs of the log", NULL},
    {"appends", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "messages from leaders to followers, heartbeats included", NULL},
    {"rejects", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "appends that did not fit the follower's log",
     NULL},
    {"rounds", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "rounds of heartbeats that reads asked for",
     NULL},
    {"lease.reads", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads served under a lease", NULL},
    {"snapshots", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "snapshots written to disk", NULL},
    {"snapshots.sent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "snapshots that a follower had to be sent", NULL},
    {"snapshot.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent of snapshots", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const raft_messages[] = {"append",   "appended", "vote",        "voted",
                                            "snapshot", "taken",    "timeout_now", NULL};
static const char *const raft_timers[] = {"election", "heartbeat", "sync", NULL};
static const char *const raft_draws[] = {"service", "timeout", NULL};

/* ---- queues of requests ---- */

sim_frame raft_queue_add(struct sim_node *self, struct raft_queue *queue, sim_ticket ticket,
                         uint64_t index, uint64_t round)
{
    sim_frame frame = sim_frame_new(self);
    struct raft_pending *pending = raft_pending_at(self, frame);
    *pending = (struct raft_pending){
        .ticket = ticket, .index = index, .round = round, .since = sim_now(self)};
    if (queue->first == 0) {
        queue->first = frame;
    } else {
        raft_pending_at(self, queue->last)->next = frame;
    }
    queue->last = frame;
    return frame;
}

struct raft_pending raft_queue_take(struct sim_node *self, struct raft_queue *queue)
{
    sim_frame frame = queue->first;
    struct raft_pending pending = *raft_pending_at(self, frame);
    queue->first = pending.next;
    sim_frame_end(self, frame);
    return pending;
}

/* ---- requests ---- */

static bool is_read(const struct sim_request *request)
{
    return request->operation == SIM_OP_READ || request->operation == SIM_OP_CALL;
}

static bool is_local(const struct raft_state *state, const struct sim_request *request)
{
    if (!is_read(request) || request->fencing_token != 0) {
        return false;
    }
    return request->consistency == SIM_CONSISTENCY_EVENTUAL ||
           request->consistency == SIM_CONSISTENCY_PREFIX ||
           (request->consistency == SIM_CONSISTENCY_SESSION &&
            request->session_token <= state->applied);
}

/* At the leader, or of a read that anybody serves: the work is done. */
static void perform(struct sim_node *self, struct raft_state *state, sim_ticket ticket)
{
    const struct sim_request *request = sim_request_of(self, ticket);
    if (is_local(state, request)) {
        raft_answer_read(self, state, ticket);
        return;
    }
    if (state->role != RAFT_LEADER || state->transfer_to != RAFT_NOBODY) {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    bool has_token = request->fencing_token != 0;
    if (is_read(request) && state->params->read != RAFT_READ_LOG && !has_token) {
        raft_read(self, state, ticket);
        return;
    }
    if (has_token) {
        struct raft_entry token = {
            .word = RAFT_OP_TOKEN, .key = request->key, .value = request->fencing_token};
        raft_propose(self, state, &token);
    }
    bool has_value = !is_read(request) && request->operation != SIM_OP_DELETE;
    struct raft_entry entry = {
        .word = request->operation | (has_token && !is_read(request) ? RAFT_FENCED : 0u),
        .key = request->key,
        .value = request->value,
        .expected = request->expected,
        .bytes = !has_value           ? 0
                 : request->bytes > 0 ? request->bytes
                                      : state->params->value_bytes,
    };
    raft_queue_add(self, &state->writes, ticket, state->log.last + 1, 0);
    raft_propose(self, state, &entry);
}

static bool is_member(const struct raft_state *state, sim_node_id id)
{
    return id >= state->first_id && id < state->first_id + state->member_count;
}

/* What a member sent on is not sent on again. */
static void forward(struct sim_node *self, const struct raft_state *state,
                    const struct sim_input *in)
{
    if (state->leader == RAFT_NOBODY || is_member(state, in->from)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_count(self, RAFT_FORWARDED, 1);
    struct sim_request request = *in->request;
    sim_send_request(self, raft_id(state, state->leader), &request, state->params->timeout,
                     in->ticket);
}

static void on_request(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    const struct sim_request *request = in->request;
    if (request->operation == SIM_OP_SCAN) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
    } else if (state->role != RAFT_LEADER && !is_local(state, request)) {
        forward(self, state, in);
    } else if (state->work == NULL) {
        perform(self, state, in->ticket);
    } else {
        const struct sim_dist *law = state->params->service.law[request->operation];
        if (!sim_station_work(self, state->work, sim_draw(self, RAFT_DRAW_SERVICE, law),
                              request->priority, request->span, in->ticket)) {
            sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
        }
    }
}

/* Of what was sent on. A write that the leader did not answer may have been done. */
static void on_outcome(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    const struct sim_request *request = sim_request_of(self, in->tag);
    struct sim_reply reply = in->outcome->reply;
    if (reply.status == SIM_STATUS_REFUSED && state->role == RAFT_FOLLOWER &&
        state->leader != RAFT_NOBODY && in->outcome->to == raft_id(state, state->leader)) {
        raft_leader_known(self, state, RAFT_NOBODY); /* until it is heard again */
    }
    if (reply.status == SIM_STATUS_REFUSED || reply.status == SIM_STATUS_TIMEOUT) {
        sim_answer_status(self, in->tag,
                          is_read(request) ? SIM_STATUS_UNAVAILABLE : SIM_STATUS_TIMEOUT);
        return;
    }
    sim_answer(self, in->tag, &reply);
}

/* ---- lives ---- */

static bool is_work(const struct raft_params *params)
{
    for (int operation = 0; operation < SIM_OP_COUNT; operation++) {
        double value;
        if (!sim_dist_is_constant(params->service.law[operation], &value) || value > 0) {
            return true;
        }
    }
    return false;
}

static void start(struct sim_node *self, struct raft_state *state, bool is_restart)
{
    const struct raft_params *params = sim_params(self);
    state->params = params;
    state->own = sim_member(self);
    state->member_count = sim_group_size(self);
    state->first_id = sim_group_member(self, 0);
    sim_assert(state->member_count <= RAFT_MEMBERS_MAX);
    state->voted_for = RAFT_NOBODY;
    cells_init(&state->cells);
    cells_init(&state->tokens);
    if (is_work(params)) {
        struct sim_station_options options = {.servers = params->servers,
                                              .queue_limit = params->queue_limit,
                                              .discipline = SIM_FIFO,
                                              .busy_metric = RAFT_BUSY,
                                              .queued_metric = RAFT_QUEUED,
                                              .wait_metric = RAFT_WAIT};
        state->work = sim_station_new(self, &options);
    }
    raft_membership_start(self, state);
    raft_snapshot_recover(self, state);
    raft_log_start(self, state);
    raft_voters_recall(state);
    raft_election_start(self, state, is_restart);
}

static void release(struct sim_node *self)
{
    struct raft_state *state = sim_state(self);
    if (state->params == NULL) {
        return;
    }
    sim_level(self, RAFT_LEADERS, state->role == RAFT_LEADER ? -1 : 0);
    sim_level(self, RAFT_LEADERLESS, state->leader == RAFT_NOBODY ? -1 : 0);
    state->params = NULL;
    raft_log_clear(&state->log);
    raft_snapshot_clear(&state->snapshot);
    cells_clear(&state->cells);
    cells_clear(&state->tokens);
}

/* ---- inputs ---- */

static void on_message(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    switch ((enum raft_message)in->message) {
    case RAFT_APPEND:
        raft_append(self, state, in);
        break;
    case RAFT_APPENDED:
        raft_appended(self, state, in);
        break;
    case RAFT_VOTE:
    case RAFT_VOTED:
        raft_election_message(self, state, in);
        break;
    case RAFT_SNAPSHOT:
        raft_snapshot_message(self, state, in);
        break;
    case RAFT_TAKEN:
        raft_snapshot_taken(self, state, in);
        break;
    case RAFT_TIMEOUT_NOW:
        raft_stand_now(self, state, in);
        break;
    }
}

static void on_synced(struct sim_node *self, struct raft_state *state, uint64_t tag)
{
    if (tag == RAFT_SNAPSHOT_TAG) {
        raft_snapshot_synced(self, state);
        return;
    }
    raft_log_synced(state, tag);
    raft_election_durable(self, state);
    raft_leader_durable(self, state);
    raft_follower_durable(self, state);
}

static void on_timer(struct sim_node *self, struct raft_state *state, const struct sim_input *in)
{
    switch ((enum raft_timer)in->timer) {
    case RAFT_TIMER_ELECTION:
        raft_election_due(self, state);
        break;
    case RAFT_TIMER_HEARTBEAT:
        raft_heartbeat(self, state, in->tag);
        break;
    case RAFT_TIMER_SYNC:
        raft_log_sync_due(self, state);
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    struct raft_state *state = sim_state(self);
    if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, state, in);
    } else if (in->kind == SIM_IN_SYNCED) {
        on_synced(self, state, in->tag);
    } else if (in->kind == SIM_IN_REQUEST) {
        on_request(self, state, in);
    } else if (in->kind == SIM_IN_DONE) {
        perform(self, state, in->tag);
    } else if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, state, in);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, state, in);
    } else if (in->kind == SIM_IN_START) {
        start(self, state, in->is_restart);
    }
    raft_log_flush(self, state);
}

static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct raft_state *state = sim_state_const(self);
    cells_say(&state->cells, say, data);
}

static const char *validate(const void *fields)
{
    const struct raft_params *params = fields;
    if (params->election_timeout_max < params->election_timeout) {
        return "election_timeout_max is at least election_timeout";
    }
    if (params->heartbeat != SIM_NEVER && params->heartbeat >= params->election_timeout) {
        return "heartbeat is less than election_timeout, or nobody leads for long";
    }
    if (params->read == RAFT_READ_LEASE && !params->check_quorum) {
        return "read = \"lease\" needs check_quorum: others must not be elected meanwhile";
    }
    return NULL;
}

const struct sim_model sim_model_store_raft = {
    .abi = SIM_MODEL_ABI,
    .name = "store.raft",
    .summary = "a replicated store that agrees on a log: one leader, commits by majority (Raft)",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct raft_params),
    .params = raft_params,
    .validate = validate,
    .members_max = RAFT_MEMBERS_MAX,
    .state_size = sizeof(struct raft_state),
    .frame_size = sizeof(struct raft_pending),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = raft_metrics,
    .timers = raft_timers,
    .messages = raft_messages,
    .draws = raft_draws,
};
