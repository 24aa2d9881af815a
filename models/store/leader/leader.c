/* store.leader: one member takes the writes, the others follow it. How long a write waits for them,
 * who serves reads, what happens when the leader is gone, and what is lost then.
 *
 * No paper has all of it: it is what MySQL, PostgreSQL, MongoDB and Redis do by their manuals, and
 * how Kleppmann, "Designing data-intensive applications", 2017, chapter 5, tells it. The rules
 * stand at the head of the files that follow them, each with whose rule it is, and so does what is
 * left out; see leader.h for which is which. A retry of a request that was carried out takes effect
 * again.
 */
#include "store/leader/leader.h"

#include "models.h"

static const char *const mode_names[] = {"async", "semi_sync", "sync", NULL};
static const char *const acknowledge_names[] = {"written", "applied", NULL};
static const char *const reads_names[] = {"leader", "nearest", "any", NULL};
static const char *const behind_names[] = {"wait", "forward", "refuse", NULL};

/* clang-format off */
#define FIELD(name) offsetof(struct leader_params, name)
static const struct sim_param leader_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, FIELD(service), "us(100)", SIM_NOT_NEGATIVE,
     "work of a request where it is served: one law, or one an operation "
     "[assumed: a look-up by index in memory]", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, FIELD(servers), "8", 1, 1e9,
     "requests that a member works on at once [a core each]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, FIELD(queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, FIELD(keys), "0", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, FIELD(value_bytes), "KiB(1)", 0, 1e12,
     "size of a value, where the request does not say [YCSB: 1 kB]", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, FIELD(fsync), "nil", SIM_NOT_NEGATIVE,
     "leader and followers wait for their disks, which take this; left out = the log is synced from "
     "time to time [MySQL: sync_binlog = 1, 0]", NULL, NULL},
    {"sync_period", SIM_PARAM_DURATION, FIELD(sync_period), "s(1)", 1e-6, 1e9,
     "without fsync: how often the log is synced [InnoDB: innodb_flush_log_at_timeout]", NULL, NULL},
    {"mode", SIM_PARAM_CHOICE, FIELD(mode), "\"async\"", SIM_UNBOUNDED,
     "whom a write waits for: nobody, `acks` followers, or all that are alive [MySQL: async]", NULL,
     mode_names},
    {"acks", SIM_PARAM_INTEGER, FIELD(acks), "1", 1, 1e6,
     "semi_sync: followers that a write waits for "
     "[MySQL: rpl_semi_sync_source_wait_for_replica_count]", NULL, NULL},
    {"acknowledge", SIM_PARAM_CHOICE, FIELD(acknowledge), "\"written\"", SIM_UNBOUNDED,
     "what a follower acknowledges: that it has a write, or that reads there see it "
     "[PostgreSQL: synchronous_commit on, remote_apply]", NULL, acknowledge_names},
    {"fallback", SIM_PARAM_DURATION, FIELD(fallback), "none", 1e-9, 1e300,
     "semi_sync: how long a write waits before the leader goes on without followers "
     "[MySQL: rpl_semi_sync_source_timeout, 10 s; PostgreSQL: never]", NULL, NULL},
    {"min_followers", SIM_PARAM_INTEGER, FIELD(min_followers), "0", 0, 1e6,
     "with fewer that are alive the leader takes no writes [Redis: min-replicas-to-write]", NULL,
     NULL},
    {"chain", SIM_PARAM_BOOLEAN, FIELD(chain), "false", SIM_UNBOUNDED,
     "a follower has its entries from the member before it [PostgreSQL: cascading replication]",
     NULL, NULL},
    {"replay", SIM_PARAM_DURATION_LAW, FIELD(replay), "us(50)", SIM_NOT_NEGATIVE,
     "time in which a follower carries out a write, one after the other "
     "[about 20,000 writes/s on one thread]", NULL, NULL},
    {"replay_shares", SIM_PARAM_BOOLEAN, FIELD(replay_shares), "false", SIM_UNBOUNDED,
     "replay is done by the servers that serve reads too, and takes its turn", NULL, NULL},
    {"reads", SIM_PARAM_CHOICE, FIELD(reads), "\"leader\"", SIM_UNBOUNDED,
     "who serves a read that does not say: the leader, the member nearest to the client, or any "
     "that is asked [MongoDB: read preference]", NULL, reads_names},
    {"behind", SIM_PARAM_CHOICE, FIELD(behind), "\"wait\"", SIM_UNBOUNDED,
     "what a member does with a read that wants more than it has "
     "[MySQL: WAIT_FOR_EXECUTED_GTID_SET]", NULL, behind_names},
    {"heartbeat", SIM_PARAM_DURATION, FIELD(heartbeat), "s(2)", 1e-6, 1e9,
     "how often the leader says that it is there [MongoDB: heartbeatIntervalMillis]", NULL, NULL},
    {"detect", SIM_PARAM_DURATION, FIELD(detect), "s(10)", 1e-6, 1e9,
     "silence after which it is taken for gone [MongoDB: electionTimeoutMillis]", NULL, NULL},
    {"election", SIM_PARAM_DURATION, FIELD(election), "s(1)", 1e-6, 1e9,
     "how long one who would lead waits for the answers of others "
     "[orchestrator: one round of polls a second]", NULL, NULL},
    {"failover", SIM_PARAM_BOOLEAN, FIELD(failover), "true", SIM_UNBOUNDED,
     "another member leads when the leader is gone [MongoDB, Patroni: yes]", NULL, NULL},
    {"fencing", SIM_PARAM_BOOLEAN, FIELD(fencing), "true", SIM_UNBOUNDED,
     "a majority decides who leads, and a leader that a majority does not hear stops "
     "[Kleppmann 2017, chapter 8]", NULL, NULL},
    {0},
};
/* clang-format on */

static const struct sim_metric_spec leader_metrics[] = {
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "writes that a leader was done with", NULL},
    {"lag", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "time from a commit until a follower has carried it out", NULL},
    {"unapplied", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
     "writes that followers have and have not carried out", NULL},
    {"forwarded", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "requests passed on to another member",
     NULL},
    {"behind_reads", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "reads that wanted more than the member had", NULL},
    {"leaders", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "members that take themselves for the leader",
     NULL},
    {"read_only", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "leaders that take no writes", NULL},
    {"degraded", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS,
     "leaders that went on without acknowledgements", NULL},
    {"promotions", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "followers that became the leader", NULL},
    {"leaderless", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS,
     "time from the last heartbeat of the old leader until the new one leads", NULL},
    {"dropped", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "records that a member cut off because its leader does not have them", NULL},
    {"lost.writes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "of these, writes that it had acknowledged as the leader", NULL},
    {"unsynced.writes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "writes that a leader had acknowledged and a crash took from its disk", NULL},
    {0},
};

static const char *const leader_messages[] = {"subscribe", "entries", "ack",    "heartbeat",
                                              "heard",     "poll",    "polled", "nominate",
                                              "claim",     "claimed", NULL};
static const char *const leader_timers[] = {"sync",     "heartbeat", "silence",
                                            "election", "fallback",  NULL};
static const char *const leader_draws[] = {"service", "replay", "backoff", NULL};

/* ---- lives ---- */

static struct sim_station *station(struct sim_node *self, bool is_replay)
{
    const struct leader_params *params = sim_params(self);
    struct sim_station_options options = {
        .servers = is_replay ? 1 : params->servers,
        .queue_limit = is_replay ? -1 : params->queue_limit,
        .discipline = SIM_FIFO,
        .busy_metric = is_replay ? SIM_STATION_NO_METRIC : LEADER_BUSY,
        .queued_metric = is_replay ? SIM_STATION_NO_METRIC : LEADER_QUEUED,
        .wait_metric = is_replay ? SIM_STATION_NO_METRIC : LEADER_WAIT};
    return sim_station_new(self, &options);
}

static void start(struct sim_node *self, bool is_restart)
{
    struct leader_state *state = sim_state(self);
    state->params = sim_params(self);
    state->count = sim_group_size(self);
    state->own = sim_member(self);
    state->members = sim_alloc(self, state->count * sizeof *state->members);
    for (uint32_t i = 0; i < state->count; i++) {
        state->members[i].id = sim_group_member(self, i);
        state->members[i].zone = sim_zone_of(self, state->members[i].id);
    }
    state->work = station(self, false);
    state->replay = state->params->replay_shares ? state->work : station(self, true);
    state->leader = state->gone = LEADER_NONE;
    state->begin = LEADER_NOT_BEGUN;
    state->fresh = INT64_MIN / 2;
    cells_init(&state->seen);
    cells_init(&state->latest);
    cells_init(&state->tokens);
    cells_init(&state->latest_tokens);
    if (is_restart) {
        leader_recover(self);
        leader_listen(self); /* what it had promised to the leader holds */
        return;
    }
    state->epoch = state->count; /* of member 0, who leads at first */
    if (state->own == 0) {
        leader_lead(self, state->epoch);
        for (uint32_t i = 0; i < state->count; i++) {
            state->members[i].leased = sim_now(self);
        }
    } else {
        leader_listen(self);
        leader_follow(self, state->epoch, 0);
    }
}

static void release(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    if (state->params == NULL) {
        return;
    }
    uint64_t durable = sim_log_durable(self, LEADER_LOG);
    if (state->is_leader && state->committed > durable) {
        sim_count(self, LEADER_UNSYNCED, state->committed - durable);
    }
    sim_level(self, LEADER_LEADERS, -(int64_t)state->is_leader);
    sim_level(self, LEADER_READ_ONLY, -(int64_t)state->is_read_only);
    sim_level(self, LEADER_DEGRADED, -(int64_t)state->is_degraded);
    sim_level(self, LEADER_UNAPPLIED, -(int64_t)state->unapplied);
    leader_drop_held(self);
    cells_clear(&state->seen);
    cells_clear(&state->latest);
    cells_clear(&state->tokens);
    cells_clear(&state->latest_tokens);
}

/* ---- inputs ---- */

static void on_message(struct sim_node *self, const struct sim_input *in)
{
    static void (*const takers[])(struct sim_node *, uint32_t, const struct sim_input *) = {
        [LEADER_SUBSCRIBE] = leader_on_subscribe,
        [LEADER_ENTRIES] = leader_on_entries,
        [LEADER_ACK] = leader_on_ack,
        [LEADER_BEAT] = leader_on_beat,
        [LEADER_HEARD] = leader_on_heard,
        [LEADER_POLL] = leader_on_poll,
        [LEADER_POLLED] = leader_on_polled,
        [LEADER_NOMINATE] = leader_on_nominate,
        [LEADER_CLAIM] = leader_on_claim,
        [LEADER_CLAIMED] = leader_on_claimed,
    };
    const struct leader_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->members[i].id == in->from) {
            takers[in->message](self, i, in);
            return;
        }
    }
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    switch ((enum leader_timer)in->timer) {
    case LEADER_TIMER_SYNC:
        leader_sync_due(self);
        break;
    case LEADER_TIMER_BEAT:
        leader_beat(self);
        break;
    case LEADER_TIMER_SILENCE:
        leader_silence(self);
        break;
    case LEADER_TIMER_ELECTION:
        leader_election_due(self);
        break;
    case LEADER_TIMER_FALLBACK:
        leader_commit(self);
        break;
    }
}

/* More of the log is on disk. */
static void on_synced(struct sim_node *self, uint64_t epoch)
{
    if (epoch != 0) {
        leader_promised(self, epoch);
        return;
    }
    leader_log_synced(self);
    if (((const struct leader_state *)sim_state(self))->params->fsync != NULL) {
        leader_feed(self);
        leader_replay(self);
        leader_acknowledge(self);
        leader_commit(self);
    }
}

static void on_done(struct sim_node *self, uint64_t tag)
{
    if (tag == 0) {
        leader_replayed(self);
        return;
    }
    leader_worked(self, tag);
    leader_replay(self); /* a queue that was full has room now */
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        leader_arrive(self, in);
    } else if (in->kind == SIM_IN_OUTCOME) {
        leader_outcome(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        on_synced(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

static const char *validate(const void *fields)
{
    const struct leader_params *params = fields;
    if (params->detect <= params->heartbeat) {
        return "detect must be longer than heartbeat, or every leader is taken for gone";
    }
    if (params->chain && params->mode == MODE_SEMI_SYNC && params->acks > 1) {
        return "chain: the leader has one follower of its own, and acks is more than 1";
    }
    if (params->fallback != SIM_NEVER && params->mode != MODE_SEMI_SYNC) {
        return "fallback is of mode = \"semi_sync\"";
    }
    return NULL;
}

/* What reads see. */
static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct leader_state *state = sim_state_const(self);
    cells_say(&state->seen, say, data);
}

const struct sim_model sim_model_store_leader = {
    .abi = SIM_MODEL_ABI,
    .name = "store.leader",
    .summary = "one member takes the writes, the others follow: replication, lag, failover, loss",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct leader_params),
    .params = leader_params,
    .validate = validate,
    .state_size = sizeof(struct leader_state),
    .frame_size = sizeof(struct leader_job),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = leader_metrics,
    .timers = leader_timers,
    .messages = leader_messages,
    .draws = leader_draws,
};
