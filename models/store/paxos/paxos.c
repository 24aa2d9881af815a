/* store.paxos: a replicated store whose members agree on one operation after the other by
 * Multi-Paxos.
 *
 * After Lamport, "Paxos made simple", SIGACT News 32(4), 2001; Chandra, Griesemer, Redstone, "Paxos
 * made live", PODC 2007; van Renesse, Altinbuken, "Paxos made moderately complex", ACM Computing
 * Surveys 47(3), 2015. Every member is proposer, acceptor and learner. The rules stand at the head
 * of the files that follow them; see paxos.h for which is which.
 *
 * A member that does not lead passes a request on to the leader that it knows of, and is told what
 * came of it; without one it is unavailable. What was passed on and not answered within `timeout`
 * is a timeout: nobody knows what becomes of it.
 *
 * Left out: changes of the members, exactly-once (a request that is retried takes effect twice),
 * the work of followers.
 */
#include "store/paxos/paxos.h"

#include <stdlib.h>

#include "models.h"
#include "store/effect.h"

static const char *const paxos_reads[] = {"log", "lease", NULL};

static const struct sim_param paxos_params[] = {
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct paxos_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of the leader on a request: one law, or one an operation [assumed: a look-up by index "
     "in memory]",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct paxos_params, servers), "1", 1, 1e9,
     "requests that it works on at once", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct paxos_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"fsync", SIM_PARAM_DURATION_LAW, offsetof(struct paxos_params, fsync), "nil", SIM_NOT_NEGATIVE,
     "promises and acceptances wait for the disk, which takes this; left out = in memory "
     "[Paxos made live 5.1]",
     NULL, NULL},
    {"heartbeat", SIM_PARAM_DURATION, offsetof(struct paxos_params, heartbeat), "ms(100)", 1e-6,
     1e9, "how often a leader says that it leads [etcd: 100 ms]", NULL, NULL},
    {"election_timeout", SIM_PARAM_DURATION, offsetof(struct paxos_params, election_timeout),
     "s(1)", 1e-6, 1e9,
     "who has not heard of a leader for so long, and up to as long again, tries to lead; also the "
     "lease [etcd: 1 s]",
     NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct paxos_params, timeout), "s(5)", 1e-9, 1e9,
     "how long a member waits for what it passed on [assumed]", NULL, NULL},
    {"reads", SIM_PARAM_CHOICE, offsetof(struct paxos_params, reads), "\"log\"", SIM_UNBOUNDED,
     "reads take a slot, or the leader answers them while it has a lease [Paxos made live 5.2]",
     NULL, paxos_reads},
    {"drift", SIM_PARAM_RATIO, offsetof(struct paxos_params, drift), "percent(0.05)", 0, 0.5,
     "lease: by how much clocks run fast or slow at most [ntpd: 500 ppm]", NULL, NULL},
    {"batch", SIM_PARAM_INTEGER, offsetof(struct paxos_params, batch), "64", 1, PAXOS_BATCH_MAX,
     "commands that have waited in a message, at most [Paxos made live 4.2]", NULL, NULL},
    {"window", SIM_PARAM_INTEGER, offsetof(struct paxos_params, window), "10000", 1, 1e9,
     "slots that are open, proposed and not executed, while which commands wait "
     "[Paxos made moderately complex 2.1: WINDOW]",
     NULL, NULL},
    {"snapshot", SIM_PARAM_INTEGER, offsetof(struct paxos_params, snapshot), "10000", 0, 1e9,
     "slots after which a snapshot takes their place; 0 = never [as store.raft]", NULL, NULL},
    {"snapshot_keep", SIM_PARAM_INTEGER, offsetof(struct paxos_params, snapshot_keep), "5000", 0,
     1e9, "slots before a snapshot that stay, for members that are behind [as store.raft]", NULL,
     NULL},
    {"snapshot_chunk", SIM_PARAM_INTEGER, offsetof(struct paxos_params, snapshot_chunk), "64", 1,
     1024, "keys in a chunk of a snapshot that is sent [assumed]", NULL, NULL},
    {"keys", SIM_PARAM_INTEGER, offsetof(struct paxos_params, keys), "0", -1, 1e15,
     "keys that exist at the start: those below it; -1 = all", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct paxos_params, value_bytes), "KiB(1)", 0, 1e12,
     "size of a value [YCSB: 1 kB]", NULL, NULL},
    {0},
};

static const struct sim_metric_spec paxos_metrics[] = {
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "versions that leaders have made", NULL},
    {"campaigns", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "members that tried to lead", NULL},
    {"elected", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "of these, who did", "campaigns"},
    {"gaps", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "slots that a new leader filled with nothing",
     NULL},
    {"reads.lease", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "reads that took no slot", NULL},
    {"accepts", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "messages in which leaders proposed commands to others", NULL},
    {"snapshots", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "snapshots written", NULL},
    {"snapshots.sent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "snapshots that members which were behind began to be sent", NULL},
    {"snapshot.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent of snapshots", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const paxos_messages[] = {
    "forward",   "result", "prepare", "promise", "accept",   "accepted", "refused",
    "heartbeat", "heard",  "learn",   "learned", "snapshot", NULL};
static const char *const paxos_timers[] = {"heartbeat", "election", "timeout", NULL};
static const char *const paxos_draws[] = {"service", "election", NULL};

/* ---- answers ---- */

static void conclude(struct sim_node *self, sim_frame frame, enum sim_status status, uint64_t value,
                     uint64_t version)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_frame *front = sim_frame_at(self, frame);
    if (front == NULL) {
        return;
    }
    const struct sim_request *request = sim_request_of(self, front->ticket);
    struct sim_reply reply = {.status = status, .value = value, .version = version};
    reply.session_token = version > request->session_token ? version : request->session_token;
    if (effect_is_read(request->operation) && status == SIM_STATUS_OK) {
        reply.bytes = request->reply_bytes > 0 ? request->reply_bytes : params->value_bytes;
    }
    sim_answer(self, front->ticket, &reply);
    sim_cancel(self, front->timer);
    sim_frame_end(self, frame);
}

void paxos_tell(struct sim_node *self, sim_node_id to, sim_frame frame, enum sim_status status,
                uint64_t value, uint64_t version)
{
    const struct paxos_params *params = sim_params(self);
    if (to == sim_self(self)) {
        conclude(self, frame, status, value, version);
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {frame, (uint64_t)status, value, version};
    sim_send_message(self, to, PAXOS_RESULT, words, PAXOS_HEADER_BYTES + params->value_bytes);
}

/* ---- requests ---- */

/* At the leader, or who was taken for it. */
static void take(struct sim_node *self, const struct paxos_command *command, uint16_t priority)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    if (state->role != PAXOS_LEADER) {
        paxos_tell(self, command->origin, command->frame, SIM_STATUS_UNAVAILABLE, 0, 0);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct paxos_frame *job = sim_frame_at(self, frame);
    *job = (struct paxos_frame){.command = *command, .priority = priority};
    sim_time work = sim_draw(self, PAXOS_DRAW_SERVICE, params->service.law[command->operation]);
    if (!sim_station_work(self, state->work, work, priority, 0, frame)) {
        sim_frame_end(self, frame);
        paxos_tell(self, command->origin, command->frame, SIM_STATUS_REJECTED, 0, 0);
    }
}

static void on_done(struct sim_node *self, sim_frame frame)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    struct paxos_command command = ((struct paxos_frame *)sim_frame_at(self, frame))->command;
    sim_frame_end(self, frame);
    if (state->role != PAXOS_LEADER) {
        paxos_tell(self, command.origin, command.frame, SIM_STATUS_UNAVAILABLE, 0, 0);
    } else if (params->reads == PAXOS_BY_LEASE && effect_is_read(command.operation) &&
               command.token == 0 && paxos_has_lease(self)) {
        struct cell cell = paxos_cell(self, command.key);
        sim_count(self, PAXOS_LEASE_READS, 1);
        paxos_tell(self, command.origin, command.frame,
                   cell.is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK, cell.value,
                   cell.version);
    } else {
        paxos_propose(self, &command);
    }
}

/* From what this member has executed. */
static void answer_here(struct sim_node *self, const struct sim_input *in)
{
    const struct paxos_params *params = sim_params(self);
    struct cell cell = paxos_cell(self, in->request->key);
    struct sim_reply reply = {.status = cell.is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
                              .value = cell.value,
                              .version = cell.version,
                              .session_token = in->request->session_token,
                              .bytes = cell.is_deleted ? 0 : params->value_bytes};
    sim_answer(self, in->ticket, &reply);
}

static void on_request(struct sim_node *self, const struct sim_input *in)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    const struct sim_request *request = in->request;
    if (request->operation == SIM_OP_SCAN) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
        return;
    }
    bool is_less = request->consistency == SIM_CONSISTENCY_EVENTUAL ||
                   request->consistency == SIM_CONSISTENCY_PREFIX;
    if (effect_is_read(request->operation) && is_less && request->fencing_token == 0) {
        answer_here(self, in);
        return;
    }
    if (state->leader == 0) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct paxos_frame *front = sim_frame_at(self, frame);
    front->ticket = in->ticket;
    front->timer = sim_after(self, params->timeout, PAXOS_TIMER_TIMEOUT, frame);
    struct paxos_command command = {.key = request->key,
                                    .value = request->value,
                                    .expected = request->expected,
                                    .token = request->fencing_token,
                                    .frame = frame,
                                    .origin = sim_self(self),
                                    .operation = request->operation};
    if (state->leader == sim_self(self)) {
        take(self, &command, request->priority);
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {frame,
                                               command.key,
                                               command.value,
                                               command.expected,
                                               (uint64_t)request->priority << 16 |
                                                   command.operation,
                                               command.token};
    bool is_read = effect_is_read(command.operation);
    sim_send_message(self, state->leader, PAXOS_FORWARD, words,
                     PAXOS_HEADER_BYTES + (is_read ? 0 : params->value_bytes));
}

static void on_forward(struct sim_node *self, const struct sim_input *in)
{
    const uint64_t *words = in->words;
    struct paxos_command command = {.frame = words[0],
                                    .key = words[1],
                                    .value = words[2],
                                    .expected = words[3],
                                    .origin = in->from,
                                    .operation = (uint16_t)words[4],
                                    .token = words[5]};
    take(self, &command, (uint16_t)(words[4] >> 16));
}

static void on_timeout(struct sim_node *self, sim_frame frame)
{
    const struct paxos_frame *front = sim_frame_at(self, frame);
    bool is_read = effect_is_read(sim_request_of(self, front->ticket)->operation);
    conclude(self, frame, is_read ? SIM_STATUS_UNAVAILABLE : SIM_STATUS_TIMEOUT, 0, 0);
}

/* ---- messages and timers ---- */

static void on_heartbeat(struct sim_node *self, const struct sim_input *in)
{
    const struct paxos_state *state = sim_state(self);
    if (in->words[0] >= state->promised) {
        sim_send_message(self, in->from, PAXOS_HEARD, in->words, PAXOS_HEADER_BYTES);
    } else {
        const uint64_t words[SIM_MESSAGE_WORDS] = {state->promised};
        sim_send_message(self, in->from, PAXOS_REFUSED, words, PAXOS_HEADER_BYTES);
    }
    paxos_heard(self, in->from, in->words[0], in->words[1], true);
}

static void on_message(struct sim_node *self, const struct sim_input *in)
{
    struct paxos_state *state = sim_state(self);
    const uint64_t *words = in->words;
    uint32_t from = paxos_member_of(self, in->from);
    switch ((enum paxos_message)in->message) {
    case PAXOS_FORWARD:
        on_forward(self, in);
        break;
    case PAXOS_RESULT:
        conclude(self, words[0], (enum sim_status)words[1], words[2], words[3]);
        break;
    case PAXOS_PREPARE:
        paxos_prepare(self, in->from, words[0], words[1]);
        break;
    case PAXOS_PROMISE:
        paxos_promised(self, from, words[0], words[1], in->body, in->body_count);
        break;
    case PAXOS_ACCEPT:
        paxos_accept(self, in->from, words[0], in->body, in->body_count);
        paxos_heard(self, in->from, words[0], words[1], false);
        break;
    case PAXOS_ACCEPTED:
        paxos_accepted(self, from, words[0], words[1], words[2]);
        break;
    case PAXOS_REFUSED:
        paxos_outdone(self, words[0]);
        break;
    case PAXOS_HEARTBEAT:
        on_heartbeat(self, in);
        break;
    case PAXOS_HEARD:
        if (state->role == PAXOS_LEADER && words[0] == state->ballot &&
            (sim_time)words[2] > state->echoes[from]) {
            state->echoes[from] = (sim_time)words[2];
        }
        break;
    case PAXOS_LEARN:
        paxos_learn(self, in);
        break;
    case PAXOS_LEARNED:
        paxos_learned(self, in);
        break;
    case PAXOS_SNAPSHOT:
        paxos_snapshot_take(self, in);
        break;
    }
}

static void wait_for_leader(struct sim_node *self)
{
    const struct paxos_params *params = sim_params(self);
    uint64_t more = sim_random_below(sim_random_of(self, PAXOS_DRAW_ELECTION),
                                     (uint64_t)params->election_timeout);
    sim_after(self, params->election_timeout + (sim_time)more, PAXOS_TIMER_ELECTION, 0);
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    const struct paxos_params *params = sim_params(self);
    const struct paxos_state *state = sim_state(self);
    switch ((enum paxos_timer)in->timer) {
    case PAXOS_TIMER_HEARTBEAT:
        paxos_beat(self);
        sim_after(self, params->heartbeat, PAXOS_TIMER_HEARTBEAT, 0);
        break;
    case PAXOS_TIMER_ELECTION:
        if (state->role != PAXOS_LEADER &&
            sim_now(self) - state->heard >= params->election_timeout) {
            paxos_campaign(self);
        }
        wait_for_leader(self);
        break;
    case PAXOS_TIMER_TIMEOUT:
        on_timeout(self, in->tag);
        break;
    }
}

/* ---- lives ---- */

static void start(struct sim_node *self, bool is_restart)
{
    const struct paxos_params *params = sim_params(self);
    struct paxos_state *state = sim_state(self);
    state->member_count = sim_group_size(self);
    sim_assert(state->member_count <= PAXOS_MEMBERS_MAX);
    state->own = sim_member(self);
    struct sim_station_options options = {.servers = params->servers,
                                          .queue_limit = params->queue_limit,
                                          .discipline = SIM_FIFO,
                                          .busy_metric = PAXOS_BUSY,
                                          .queued_metric = PAXOS_QUEUED,
                                          .wait_metric = PAXOS_WAIT};
    state->work = sim_station_new(self, &options);
    cells_init(&state->cells);
    paxos_slots_init(&state->slots, 1);
    cells_init(&state->tokens);
    state->lease_until = -SIM_NEVER;
    paxos_recover(self); /* what was promised, in this membership or a former one */
    if (is_restart || state->promised > 0) {
        state->lease_until = sim_local_clock(self) + params->election_timeout;
    } else if (state->own == 0) {
        paxos_campaign(self); /* somebody has to be first */
    }
    state->heard = sim_now(self);
    sim_after(self, params->heartbeat, PAXOS_TIMER_HEARTBEAT, 0);
    wait_for_leader(self);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE) {
        on_message(self, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        on_request(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        on_done(self, in->tag);
    } else if (in->kind == SIM_IN_SYNCED) {
        if (in->tag == PAXOS_SNAPSHOT_TAG) {
            paxos_snapshot_synced(self);
        } else {
            paxos_synced(self, in->tag);
        }
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self, in->is_restart);
    }
}

static void release(struct sim_node *self)
{
    struct paxos_state *state = sim_state(self);
    paxos_slots_clear(&state->slots);
    paxos_slots_clear(&state->found);
    free(state->answers);
    state->answers = NULL;
    free(state->waiting.commands);
    state->waiting = (struct paxos_commands){0};
    cells_clear(&state->cells);
    cells_clear(&state->snapshot.cells);
    cells_clear(&state->tokens);
    cells_clear(&state->snapshot.tokens);
}

static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct paxos_state *state = sim_state_const(self);
    cells_say(&state->cells, say, data);
}

const struct sim_model sim_model_store_paxos = {
    .abi = SIM_MODEL_ABI,
    .name = "store.paxos",
    .summary = "a replicated store whose members agree by Multi-Paxos",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct paxos_params),
    .params = paxos_params,
    .members_max = PAXOS_MEMBERS_MAX,
    .state_size = sizeof(struct paxos_state),
    .frame_size = sizeof(struct paxos_frame),
    .handle = handle,
    .release = release,
    .contents = contents,
    .metrics = paxos_metrics,
    .timers = paxos_timers,
    .messages = paxos_messages,
    .draws = paxos_draws,
};
