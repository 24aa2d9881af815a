/* store.chain: a replicated store whose members form a chain: updates go in at the head, and reads
 * are answered by the tail, or by any member.
 *
 * After van Renesse, Schneider, "Chain replication for supporting high throughput and
 * availability", OSDI 2004, and Terrace, Freedman, "Object storage on CRAQ: high-throughput chain
 * replication for read-mostly workloads", USENIX ATC 2009. The rules, and what is left out, stand
 * at the head of the files that follow them; see chain.h for which is which. Left out altogether:
 * several chains for parts of the keys, chains over data centres (CRAQ, section 3), multicast of
 * updates and updates of several keys (CRAQ, section 4).
 */
#include "store/chain/chain.h"
#include "models.h"

static const char *const chain_protocols[] = {"chain", "craq", NULL};

const char *const chain_messages[] = {"heartbeat", "configuration", "forward", "query",
                                      "version",   "versioned",     "result",  "refused",
                                      "update",    "ack",           "hello",   "state",
                                      "transfer",  "transferred",   NULL};
static const char *const chain_timers[] = {"heartbeat", "retry", "timeout", NULL};
static const char *const chain_draws[] = {"service", "version", NULL};

static const struct sim_param chain_params[] = {
    {"master", SIM_PARAM_TARGET, offsetof(struct chain_params, master), NULL, SIM_UNBOUNDED,
     "the node of model store.chain_master that configures this chain", NULL, NULL},
    {"protocol", SIM_PARAM_CHOICE, offsetof(struct chain_params, protocol), "\"chain\"",
     SIM_UNBOUNDED,
     "reads at the tail [van Renesse, Schneider 2004], or at any member [Terrace, Freedman 2009]",
     NULL, chain_protocols},
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct chain_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a member on an update, or a read: one law, or one an operation [assumed: a look-up "
     "by index in memory]",
     NULL, NULL},
    {"version_query", SIM_PARAM_DURATION_LAW, offsetof(struct chain_params, version_query),
     "us(20)", SIM_NOT_NEGATIVE,
     "craq: work of the tail to say which version is committed [CRAQ 2.3]", NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct chain_params, servers), "1", 1, 1e9,
     "updates and reads that a member works on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct chain_params, queue_limit), "-1", -1, 1e12,
     "what clients ask is rejected while more than this wait for a server; -1 = never", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct chain_params, fsync), "nil", SIM_NOT_NEGATIVE,
     "each member passes an update on when it is on disk, which takes this; left out = in memory",
     NULL, NULL},
    {"heartbeat", SIM_PARAM_DURATION, offsetof(struct chain_params, heartbeat), "ms(1300)", 1e-6,
     1e9, "how often a member tells the master that it is there [ZooKeeper: a third of a session]",
     NULL, NULL},
    {"retry", SIM_PARAM_DURATION, offsetof(struct chain_params, retry), "ms(200)", 1e-6, 1e9,
     "what is not acknowledged for so long is asked for again [TCP: at least 200 ms]", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct chain_params, timeout), "s(5)", 1e-9, 1e9,
     "how long a member waits for what it passed on [assumed]", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct chain_params, keys), "0", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct chain_params, value_bytes), "KiB(1)", 0, 1e12,
     "size of a value [YCSB: 1 kB]", NULL, NULL},
    {0},
};

static const struct sim_metric_spec chain_metrics[] = {
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that the tail has taken", NULL},
    {"reads", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads that were answered", NULL},
    {"reads.dirty", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "reads for which the tail was asked for the version (craq)", NULL},
    {"resent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that were sent to a successor again",
     NULL},
    {"transfers", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "transfers of the state to a member that joins", NULL},
    {"transfer.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent in these", NULL},
    {"changes", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "epochs that members have entered", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "updates and reads that wait for a server",
     NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static void start(struct sim_node *self, bool is_restart)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    sim_assert(params->master.count > 0);
    state->member_count = sim_group_size(self);
    state->own = sim_member(self);
    state->members = sim_alloc(self, state->member_count * sizeof *state->members);
    for (uint32_t i = 0; i < state->member_count; i++) {
        state->members[i] = sim_group_member(self, i);
    }
    state->life = is_restart ? (uint64_t)sim_now(self) + 2 : 1;
    state->lease_from = state->lease_end = -SIM_NEVER;
    state->is_whole = !is_restart;
    struct sim_station_options options = {.servers = params->servers,
                                          .queue_limit = -1,
                                          .discipline = SIM_FIFO,
                                          .busy_metric = CHAIN_BUSY,
                                          .queued_metric = CHAIN_QUEUED,
                                          .wait_metric = CHAIN_WAIT};
    state->work = sim_station_new(self, &options);
    chain_pipe_start(state);
    if (is_restart && params->fsync != NULL) {
        chain_log_recover(self);
    }
    chain_heartbeat(self);
    sim_after(self, params->heartbeat, CHAIN_TIMER_HEARTBEAT, 0);
    sim_after(self, params->retry, CHAIN_TIMER_RETRY, 0);
}

static void on_asked(struct sim_node *self, const struct sim_input *in)
{
    const uint64_t *words = in->words;
    struct chain_asked asked = {.from = in->from, .frame = words[0], .key = words[1]};
    if (in->message == CHAIN_VERSION) {
        asked.operation = SIM_OP_READ;
        asked.is_version_query = true;
    } else {
        asked.value = words[2];
        asked.expected = words[3];
        asked.operation = (uint16_t)(words[4] & 0xffff);
        asked.priority = (uint16_t)(words[4] >> 16);
        asked.token = words[5];
    }
    if (in->message == CHAIN_FORWARD) {
        chain_head_take(self, &asked);
    } else {
        chain_query(self, &asked);
    }
}

static void on_message(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_state *state = sim_state(self);
    switch ((enum chain_message)in->message) {
    case CHAIN_CONFIGURATION:
        chain_configuration(self, in);
        break;
    case CHAIN_FORWARD:
    case CHAIN_QUERY:
    case CHAIN_VERSION:
        on_asked(self, in);
        break;
    case CHAIN_VERSIONED:
        chain_versioned(self, in);
        break;
    case CHAIN_RESULT:
        chain_result(self, in);
        break;
    case CHAIN_REFUSED:
        chain_conclude(self, in->words[0], NULL, (enum sim_status)in->words[1],
                       &(struct chain_spent){0});
        break;
    case CHAIN_UPDATE:
        chain_update(self, in);
        break;
    case CHAIN_ACK:
        if (in->words[0] == state->epoch && chain_from_successor(state, in)) {
            chain_commit(self,
                         in->words[1] < state->pipe.durable ? in->words[1] : state->pipe.durable);
        }
        break;
    case CHAIN_HELLO:
        if (in->words[0] == state->epoch && chain_from_predecessor(state, in)) {
            chain_send_state(self);
        }
        break;
    case CHAIN_STATE:
        chain_heard_state(self, in);
        break;
    case CHAIN_TRANSFER:
        chain_transfer_arrived(self, in);
        break;
    case CHAIN_TRANSFERRED:
        chain_transferred(self, in);
        break;
    case CHAIN_HEARTBEAT:
        break; /* for the master */
    }
}

static void on_done(struct sim_node *self, sim_frame frame)
{
    const struct chain_frame *job = sim_frame_at(self, frame);
    if (job == NULL) {
        return; /* a client's read that has timed out */
    }
    if (job->job == CHAIN_JOB_UPDATE) {
        chain_update_worked(self, job);
        sim_frame_end(self, frame);
    } else if (chain_is_plain_read(&job->asked)) {
        chain_read_worked(self, frame);
    } else {
        struct chain_frame copy = *job;
        sim_frame_end(self, frame);
        chain_head_worked(self, &copy);
    }
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    switch ((enum chain_timer)in->timer) {
    case CHAIN_TIMER_HEARTBEAT:
        chain_heartbeat(self);
        sim_after(self, params->heartbeat, CHAIN_TIMER_HEARTBEAT, 0);
        break;
    case CHAIN_TIMER_RETRY:
        chain_retry(self);
        sim_after(self, params->retry, CHAIN_TIMER_RETRY, 0);
        break;
    case CHAIN_TIMER_TIMEOUT:
        chain_timeout(self, in->tag);
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        chain_request(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        chain_log_synced(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

static void release(struct sim_node *self)
{
    chain_pipe_clear(sim_state(self));
}

/* Of what is committed; one that a transfer comes to holds nothing yet. */
static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct chain_state *state = sim_state_const(self);
    if (state->is_whole) {
        cells_say(&state->cells, say, data);
    }
}

static const char *validate(const void *fields)
{
    const struct chain_params *params = fields;
    return params->master.count == 1 ? NULL : "master is one node, of model store.chain_master";
}

const struct sim_model sim_model_store_chain = {
    .abi = SIM_MODEL_ABI,
    .name = "store.chain",
    .summary =
        "a chain of replicas: updates enter at the head, the tail answers reads, or any (CRAQ)",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct chain_params),
    .params = chain_params,
    .validate = validate,
    .members_max = CHAIN_MEMBERS_MAX,
    .state_size = sizeof(struct chain_state),
    .frame_size = sizeof(struct chain_frame),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = chain_metrics,
    .timers = chain_timers,
    .messages = chain_messages,
    .draws = chain_draws,
};
