/* store.gossip: every member holds all keys and takes writes for itself; what is new spreads among
 * them by epidemics (Demers and others, "Epidemic algorithms for replicated database maintenance",
 * PODC 1987).
 *
 * Once every `cycle` a member contacts `fanout` others at random.
 *
 *     rumor      (1.4, complex epidemics) it pushes what is hot: what it has heard lately and has
 *                not lost interest in. With `feedback` it loses interest in a rumour after `k`
 *                contacts in a row who knew it; blindly, after each contact with probability 1 / k.
 *                Some may never hear of it
 *     push       (1.3, anti-entropy) it sends all that it has
 *     pull       (1.3) it sends a checksum; who has another one answers with all that it has
 *     push_pull  (1.3) the same, and is then sent what it lacks
 *
 * What came during a cycle is passed on from the next one on, and counts as news in feedback until
 * then: members act as in the synchronous rounds of the paper, however long messages take, as long
 * as that is less than a cycle. Of two writes to a key the one with the later version wins, by the
 * clock of the member that took it.
 *
 * Left out: durability (a crash takes what a member has; others bring it back, or have lost
 * interest), deletion of tombstones (death certificates and their dormancy, section 2), choice of
 * partners by distance (section 3), lists of recent updates.
 */
#include "store/gossip/gossip.h"
#include "models.h"
#include "queue.h"

static const char *const gossip_ways[] = {"rumor", "push", "pull", "push_pull", NULL};

static const struct sim_param gossip_params[] = {
    {"way", SIM_PARAM_CHOICE, offsetof(struct gossip_params, way), "\"push_pull\"", SIM_UNBOUNDED,
     "rumours that are told until they are old, or all that one has: sent, asked for, or both "
     "[Demers 1987, 1.3 and 1.4]",
     NULL, gossip_ways},
    {"cycle", SIM_PARAM_DURATION, offsetof(struct gossip_params, cycle), "s(1)", 1e-6, 1e9,
     "how often a member contacts others [Cassandra's gossip: 1 s]", NULL, NULL},
    {"synchronous", SIM_PARAM_BOOLEAN, offsetof(struct gossip_params, synchronous), "false",
     SIM_UNBOUNDED, "all members begin their cycles at once, as in the analysis [Demers 1987]",
     NULL, NULL},
    {"fanout", SIM_PARAM_INTEGER, offsetof(struct gossip_params, fanout), "1", 1, 64,
     "members contacted in a cycle", NULL, NULL},
    {"feedback", SIM_PARAM_BOOLEAN, offsetof(struct gossip_params, feedback), "true", SIM_UNBOUNDED,
     "rumours: who is told says whether it knew", NULL, NULL},
    {"k", SIM_PARAM_INTEGER, offsetof(struct gossip_params, k), "4", 1, 1e6,
     "rumours: contacts in a row that knew, or without feedback 1 / the chance to lose interest, "
     "until a member stops [Demers 1987: 1 to 5]",
     NULL, NULL},
    {"service", SIM_PARAM_DURATION_LAWS, offsetof(struct gossip_params, service), "us(100)",
     SIM_NOT_NEGATIVE,
     "work of a request: one law, or one an operation [assumed: a look-up by index in memory]",
     NULL, NULL},
    {"servers", SIM_PARAM_INTEGER, offsetof(struct gossip_params, servers), "32", 1, 1e9,
     "requests that are worked on at once [Cassandra concurrent_writes: 32]", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, offsetof(struct gossip_params, queue_limit), "-1", -1, 1e12,
     "requests that may wait; more are rejected; -1 = any number", NULL, NULL},
    {"value_bytes", SIM_PARAM_BYTES, offsetof(struct gossip_params, value_bytes), "KiB(1)", 0, 1e12,
     "size of a value [YCSB: 1 kB]", NULL, NULL},
    {0},
};

static const struct sim_metric_spec gossip_metrics[] = {
    {"commits", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "versions that were made", NULL},
    {"updates.sent", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates sent to others", NULL},
    {"updates.news", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "updates that were news to them", NULL},
    {"gossip.bytes", SIM_METRIC_COUNT, SIM_METRIC_BYTES, "sent to spread updates", NULL},
    {"delay", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "from a commit until a member has it", NULL},
    {"hot", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "rumours that members are still telling", NULL},
    {"busy", SIM_METRIC_LEVEL, SIM_METRIC_RATIO, "servers at work, of all servers", NULL},
    {"queued", SIM_METRIC_LEVEL, SIM_METRIC_ITEMS, "requests that wait for a server", NULL},
    {"wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time from arrival to the start of work", NULL},
    {0},
};

static const char *const gossip_messages[] = {"updates", "feedback", "checksum", NULL};
static const char *const gossip_timers[] = {"cycle", NULL};
static const char *const gossip_draws[] = {"service", "peer", "coin", "phase", NULL};

/* ---- requests ---- */

static void write(struct sim_node *self, const struct sim_request *request, uint64_t value,
                  struct sim_reply *reply)
{
    struct gossip_state *state = sim_state(self);
    sim_time clock = sim_local_clock(self);
    uint64_t number = clock > 0 ? (uint64_t)clock / 1000 : 0;
    state->number = number > state->number ? number : state->number + 1;
    struct cell update = {.key = request->key,
                          .value = value,
                          .version = state->number << 10 | (sim_self(self) & 1023),
                          .is_deleted = request->operation == SIM_OP_DELETE};
    gossip_take(self, &update);
    sim_commit(self, update.key, update.version);
    sim_count(self, GOSSIP_COMMITS, 1);
    reply->value = value;
    reply->version = update.version;
}

/* What a member has is all that it knows: neither what others have, nor what a session has seen. */
static bool is_promised(const struct sim_request *request)
{
    bool is_read = request->operation == SIM_OP_READ || request->operation == SIM_OP_CALL;
    return !is_read || request->consistency == SIM_CONSISTENCY_DEFAULT ||
           request->consistency == SIM_CONSISTENCY_EVENTUAL;
}

static void conclude(struct sim_node *self, sim_ticket ticket)
{
    const struct gossip_params *params = sim_params(self);
    const struct gossip_state *state = sim_state(self);
    const struct sim_request *request = sim_request_of(self, ticket);
    if (!is_promised(request)) {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    const struct cell *cell = cells_find(&state->cells, request->key);
    bool is_there = cell != NULL && !cell->is_deleted;
    uint64_t value = is_there ? cell->value : 0;
    struct sim_reply reply = {
        .status = SIM_STATUS_OK, .value = value, .version = cell == NULL ? 1 : cell->version};
    switch ((enum sim_operation)request->operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        reply.status = is_there ? SIM_STATUS_OK : SIM_STATUS_NOT_FOUND;
        reply.bytes = is_there ? params->value_bytes : 0;
        break;
    case SIM_OP_COMPARE_AND_SET:
        if (value != request->expected) {
            reply.status = SIM_STATUS_CONFLICT;
        } else {
            write(self, request, request->value, &reply);
        }
        break;
    case SIM_OP_INCREMENT:
        write(self, request, value + request->value, &reply);
        break;
    case SIM_OP_APPEND:
        write(self, request, sim_hash_pair(value, request->value), &reply);
        break;
    case SIM_OP_WRITE:
    case SIM_OP_DELETE:
        write(self, request, request->value, &reply);
        break;
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        reply.status = SIM_STATUS_ERROR;
        break;
    }
    sim_answer(self, ticket, &reply);
}

static void arrive(struct sim_node *self, const struct sim_input *in)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    const struct sim_dist *law = params->service.law[in->request->operation];
    if (!sim_station_work(self, state->work, sim_draw(self, GOSSIP_DRAW_SERVICE, law),
                          in->request->priority, in->request->span, in->ticket)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_REJECTED);
    }
}

static void start(struct sim_node *self)
{
    const struct gossip_params *params = sim_params(self);
    struct gossip_state *state = sim_state(self);
    state->work = queue_start(self, params->servers, params->queue_limit, GOSSIP_BUSY);
    cells_init(&state->cells);
    sim_time phase = params->cycle - sim_now(self) % params->cycle;
    if (!params->synchronous) {
        struct sim_random *random = sim_random_of(self, GOSSIP_DRAW_PHASE);
        phase = (sim_time)sim_random_below(random, (uint64_t)params->cycle);
    }
    sim_after(self, phase, GOSSIP_CYCLE, 0);
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_MESSAGE) {
        gossip_message(self, in);
    } else if (in->kind == SIM_IN_REQUEST) {
        arrive(self, in);
    } else if (in->kind == SIM_IN_DONE) {
        conclude(self, in->tag);
    } else if (in->kind == SIM_IN_TIMER) {
        gossip_cycle(self);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void contents(const struct sim_node *self, sim_contents_say *say, void *data)
{
    const struct gossip_state *state = sim_state_const(self);
    cells_say(&state->cells, say, data);
}

const struct sim_model sim_model_store_gossip = {
    .abi = SIM_MODEL_ABI,
    .name = "store.gossip",
    .summary = "every member takes writes, and they spread among the members by epidemics",
    .traits = SIM_MODEL_STORE,
    .params_size = sizeof(struct gossip_params),
    .params = gossip_params,
    .state_size = sizeof(struct gossip_state),
    .handle = handle,
    .release = gossip_forget,
    .contents = contents,
    .metrics = gossip_metrics,
    .messages = gossip_messages,
    .timers = gossip_timers,
    .draws = gossip_draws,
};
