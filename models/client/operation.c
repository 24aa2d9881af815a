/* Operations: attempts, retries, hedges, timeouts and deadlines of every client; see operation.h.
 *
 * A compare-and-set expects what its session last saw of the key: read, written, or found by a
 * comparison that did not match; 0, as of a key that is not there, when it never saw it. So a read
 * and a compare-and-set of the same key by the same session are an optimistic update (Kung and
 * Robinson, TODS 6(2), 1981). Clients without sessions remember as one.
 *
 * What a session that has several operations open at once saw last is what was answered last.
 */
#include "client/operation.h"

const char *const operation_choose_names[] = {"round_robin", "random",  "session",
                                              "pinned",      "nearest", NULL};
const char *const operation_consistency_names[] = {
    "default",           "strong",          "bounded_staleness",
    "consistent_prefix", "monotonic_reads", "read_my_writes",
    "session",           "eventual",        NULL};
const char *const client_timers[] = {"retry", "next", "hedge", NULL};
const char *const client_draws[] = {"arrivals", "operation", "key",   "bytes", "session",
                                    "think",    "member",    "retry", NULL};

/* A leader that sends its callers in circles must not hold them for ever [curl: 50]. */
#define REDIRECTS_MAX 8

static void operation_end(struct sim_node *self, struct operations *operations, sim_frame frame,
                          const struct sim_reply *reply);

static bool is_by_session(const struct operation_params *params)
{
    return params->choose == CHOOSE_SESSION || params->choose == CHOOSE_PINNED;
}

void operations_start(struct sim_node *self, struct operations *operations,
                      const struct operation_params *params, uint64_t session_count,
                      operation_ended ended)
{
    operations->params = params;
    operations->ended = ended;
    operations->is_witnessed = sim_is_witnessed(self);
    members_start(self, &operations->members, &params->to);
    sim_retry_init(&operations->retry, &params->retry);
    sim_hedge_init(&operations->hedge, &params->hedge);
    if (session_count > 0) {
        operations->tokens = sim_alloc(self, session_count * sizeof *operations->tokens);
    }
    if (is_by_session(params)) {
        homes_start(self, &operations->homes, &operations->members, session_count);
    }
}

void operations_ask_for(struct operations *operations, const struct workload_params *workload)
{
    operations->workload = workload;
    operations_want(operations, &workload->guarantee);
    for (uint32_t i = 0; i < workload->ops.count; i++) {
        if (workload->ops.operation[i] == SIM_OP_COMPARE_AND_SET) {
            operations->is_comparing = true;
        }
    }
}

void operations_want(struct operations *operations, const struct guarantee_params *guarantee)
{
    operations->guarantee = guarantee;
}

void operations_clear(struct operations *operations)
{
    seen_clear(&operations->seen);
}

static enum operation_consistency wanted_by(const struct operations *operations)
{
    return operations->guarantee == NULL
               ? CONSISTENCY_DEFAULT
               : (enum operation_consistency)operations->guarantee->consistency;
}

static bool is_of_sessions(enum operation_consistency consistency)
{
    return consistency == CONSISTENCY_MONOTONIC || consistency == CONSISTENCY_MY_WRITES ||
           consistency == CONSISTENCY_SESSION;
}

static const char *guarantee_validate(const struct guarantee_params *params, bool has_sessions)
{
    if (is_of_sessions((enum operation_consistency)params->consistency) && !has_sessions) {
        return "consistency: monotonic_reads, read_my_writes and session are of sessions, and "
               "there "
               "are none";
    }
    if (params->staleness_versions > 0 && params->consistency != CONSISTENCY_BOUNDED) {
        return "staleness_versions is of consistency = \"bounded_staleness\"";
    }
    return NULL;
}

const char *operation_validate(const struct operation_params *params,
                               const struct guarantee_params *guarantee, bool has_sessions)
{
    if (is_by_session(params) && !has_sessions) {
        return "choose: session and pinned are of sessions, and there are none";
    }
    if (params->choose == CHOOSE_NEAREST && params->to.shares != NULL) {
        return "choose: by the shares of the target, or the nearest of its members, not both";
    }
    return guarantee == NULL ? NULL : guarantee_validate(guarantee, has_sessions);
}

/* What a store is asked for. */
static enum sim_consistency consistency_of(enum operation_consistency consistency)
{
    static const enum sim_consistency asked[] = {
        [CONSISTENCY_DEFAULT] = SIM_CONSISTENCY_DEFAULT,
        [CONSISTENCY_STRONG] = SIM_CONSISTENCY_STRONG,
        [CONSISTENCY_BOUNDED] = SIM_CONSISTENCY_BOUNDED,
        [CONSISTENCY_PREFIX] = SIM_CONSISTENCY_PREFIX,
        [CONSISTENCY_MONOTONIC] = SIM_CONSISTENCY_SESSION,
        [CONSISTENCY_MY_WRITES] = SIM_CONSISTENCY_SESSION,
        [CONSISTENCY_SESSION] = SIM_CONSISTENCY_SESSION,
        [CONSISTENCY_EVENTUAL] = SIM_CONSISTENCY_EVENTUAL,
    };
    return asked[consistency];
}

static bool is_read(uint16_t operation)
{
    return operation == SIM_OP_READ || operation == SIM_OP_CALL;
}

/* Whether the session remembers what an answer to that operation lets it see. */
static bool is_remembered(const struct operations *operations, uint16_t operation)
{
    switch (wanted_by(operations)) {
    case CONSISTENCY_MONOTONIC:
        return is_read(operation);
    case CONSISTENCY_MY_WRITES:
        return !is_read(operation);
    case CONSISTENCY_DEFAULT:
    case CONSISTENCY_STRONG:
    case CONSISTENCY_BOUNDED:
    case CONSISTENCY_PREFIX:
    case CONSISTENCY_SESSION:
    case CONSISTENCY_EVENTUAL:
        break;
    }
    return true;
}

/* The member that the next attempt goes to, 0 when none is up. */
static sim_node_id choose_member(struct sim_node *self, struct operations *operations,
                                 const struct operation *operation)
{
    const struct operation_params *params = operations->params;
    struct members *members = &operations->members;
    if (is_by_session(params)) {
        return homes_find(self, &operations->homes, members, operation->wish.session,
                          CLIENT_DRAW_MEMBER);
    }
    if (members->shares != NULL) {
        return members_draw(self, members, 0, sim_random_of(self, CLIENT_DRAW_MEMBER));
    }
    members_look(self, members);
    if (members->count <= 1) {
        return members->count == 0 ? 0 : members->ids[0];
    }
    if (params->choose == CHOOSE_RANDOM) {
        struct sim_random *random = sim_random_of(self, CLIENT_DRAW_MEMBER);
        return members->ids[sim_random_below(random, members->count)];
    }
    return params->choose == CHOOSE_NEAREST ? members_nearest(self, members)
                                            : members_next(self, members);
}

static uint64_t value_of(const struct operation *operation)
{
    switch ((enum sim_operation)operation->wish.operation) {
    case SIM_OP_WRITE:
    case SIM_OP_APPEND:
    case SIM_OP_COMPARE_AND_SET:
        return operation->id.id; /* every written value is a different one */
    case SIM_OP_INCREMENT:
        return 1;
    case SIM_OP_CALL:
    case SIM_OP_READ:
    case SIM_OP_DELETE:
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
    return 0;
}

static uint64_t key_end_of(const struct operations *operations, const struct operation_wish *wish)
{
    if (wish->operation != SIM_OP_SCAN) {
        return 0;
    }
    return wish->key +
           (uint64_t)(operations->workload == NULL ? 1 : operations->workload->scan_keys);
}

static void send_attempt(struct sim_node *self, struct operations *operations, sim_frame frame,
                         struct operation *operation, sim_node_id to)
{
    const struct operation_wish *wish = &operation->wish;
    struct sim_request request = {
        .operation_id = operation->id.id,
        .key = wish->key,
        .key_end = key_end_of(operations, wish),
        .value = value_of(operation),
        .expected = operation->expected,
        .deadline = operation->deadline,
        .bytes = wish->bytes,
        .reply_bytes = wish->reply_bytes,
        .attempt = operation->attempt + (operation->attempts.open > 0 ? 1 : 0),
        .span = operation->id.span,
        .operation = wish->operation,
        .priority = (uint16_t)operations->params->priority,
        .consistency = (uint16_t)consistency_of(wanted_by(operations)),
        .origin_zone = (uint16_t)sim_zone(self),
    };
    if (operations->guarantee != NULL) {
        request.staleness = operations->guarantee->staleness;
        request.behind_max = (uint32_t)operations->guarantee->staleness_versions;
    }
    if (operations->tokens != NULL && wish->session != OPERATION_NO_SESSION) {
        request.session = (uint64_t)sim_self(self) << 32 | (wish->session + 1);
        request.session_token = operations->tokens[wish->session];
    }
    operation->asked = to;
    attempts_make(self, &operation->attempts, &operations->hedge, to, &request,
                  operations->params->timeout, CLIENT_TIMER_HEDGE, frame);
}

/* Whether a failed attempt is followed by another one, and after which pause. No retry is begun
 * that the deadline would cut off before it is sent. */
static bool may_retry(struct sim_node *self, struct operations *operations,
                      struct operation *operation, enum sim_status status, sim_time hint,
                      sim_time *ret_pause)
{
    sim_time pause;
    if (sim_now(self) >= operation->deadline ||
        !sim_retry_next(&operations->retry, operation->attempt + 1, status, &operation->pause,
                        sim_random_of(self, CLIENT_DRAW_RETRY), &pause)) {
        return false;
    }
    pause = pause > hint ? pause : hint;
    *ret_pause = pause;
    return sim_time_add(sim_now(self), pause) < operation->deadline;
}

static void pause_before_attempt(struct sim_node *self, sim_frame frame,
                                 const struct operation *operation, sim_time pause)
{
    sim_spend(self, operation->id.span, SIM_CAUSE_RETRY, pause);
    sim_after(self, pause, CLIENT_TIMER_RETRY, frame);
}

/* Makes the next attempt. Where no member is up that is an attempt too, failed at once. */
static void attempt(struct sim_node *self, struct operations *operations, sim_frame frame,
                    struct operation *operation)
{
    for (;;) {
        sim_node_id to = choose_member(self, operations, operation);
        if (to != 0) {
            send_attempt(self, operations, frame, operation, to);
            return;
        }
        sim_time pause;
        if (!may_retry(self, operations, operation, SIM_STATUS_UNAVAILABLE, 0, &pause)) {
            operation_end(self, operations, frame,
                          &(struct sim_reply){.status = SIM_STATUS_UNAVAILABLE});
            return;
        }
        operation->attempt++;
        if (pause > 0) {
            pause_before_attempt(self, frame, operation, pause);
            return;
        }
    }
}

/* A hedge is due: another member, where there is one. */
static void hedge(struct sim_node *self, struct operations *operations, sim_frame frame)
{
    struct operation *operation = sim_frame_at(self, frame);
    sim_node_id to = choose_member(self, operations, operation);
    if (to == operation->asked) {
        to = members_next(self, &operations->members);
    }
    if (to != 0 && sim_hedge_take(&operations->hedge)) {
        send_attempt(self, operations, frame, operation, to);
    }
}

static struct sim_witness asked_by(const struct operations *operations,
                                   const struct operation *operation)
{
    const struct operation_wish *wish = &operation->wish;
    return (struct sim_witness){
        .operation = wish->operation,
        .key = wish->key,
        .key_end = key_end_of(operations, wish),
        .value = value_of(operation),
        .expected = operation->expected,
        .session = wish->session == OPERATION_NO_SESSION ? 0 : wish->session + 1,
    };
}

struct operation_wish *operation_new(struct sim_node *self, sim_frame *ret_frame)
{
    *ret_frame = sim_frame_new(self);
    struct operation *operation = sim_frame_at(self, *ret_frame);
    operation->wish.session = OPERATION_NO_SESSION;
    return &operation->wish;
}

void operation_begin(struct sim_node *self, struct operations *operations, sim_frame frame)
{
    struct operation *operation = sim_frame_at(self, frame);
    operation->id = sim_operation_begin(self);
    if (operation->wish.operation == SIM_OP_COMPARE_AND_SET) {
        const struct operation_wish *wish = &operation->wish;
        operation->expected = seen_value(&operations->seen, wish->session, wish->key);
    }
    if (operations->is_witnessed) {
        struct sim_witness asked = asked_by(operations, operation);
        operation->witness = sim_witness_begin(self, &asked);
    }
    operation->deadline = sim_time_add(sim_now(self), operations->params->deadline);
    sim_retry_first(&operations->retry);
    sim_hedge_first(&operations->hedge);
    attempt(self, operations, frame, operation);
}

static void operation_end(struct sim_node *self, struct operations *operations, sim_frame frame,
                          const struct sim_reply *reply)
{
    struct operation *operation = sim_frame_at(self, frame);
    if (operation->witness != 0) {
        sim_witness_end(self, operation->witness, reply, operation->may_have_happened);
    }
    sim_operation_end(self, &operation->id, reply->status);
    if (operations->ended != NULL) {
        operations->ended(self, operations, operation, reply->status);
    }
    sim_frame_end(self, frame);
}

/* What the answer lets the session know of the key. */
static void remember(struct operations *operations, const struct operation *operation,
                     const struct sim_reply *reply)
{
    const struct operation_wish *wish = &operation->wish;
    uint64_t value = value_of(operation); /* that is there now */
    if (wish->operation == SIM_OP_SCAN) {
        return;
    }
    if (is_read(wish->operation) || reply->status != SIM_STATUS_OK ||
        wish->operation == SIM_OP_INCREMENT || wish->operation == SIM_OP_APPEND) {
        value = reply->status == SIM_STATUS_NOT_FOUND ? 0 : reply->value;
    }
    seen_put(&operations->seen, wish->session, wish->key, value);
}

/* Whether the connection is broken, or as good as that: what a session leaves its member for. */
static bool is_lost(enum sim_status status)
{
    return status == SIM_STATUS_REFUSED || status == SIM_STATUS_TIMEOUT;
}

static void on_outcome(struct sim_node *self, struct operations *operations,
                       const struct sim_input *in)
{
    sim_frame frame = in->tag;
    struct operation *operation = sim_frame_at(self, frame);
    const struct sim_reply *reply = &in->outcome->reply;
    sim_time pause;
    bool has_others = operation->attempts.open > 1; /* that may act, whatever this one says */
    operation->may_have_happened =
        operation->may_have_happened || has_others || sim_reply_may_have_acted(reply);
    if (operations->params->choose == CHOOSE_SESSION && is_lost(reply->status)) {
        homes_lose(self, &operations->homes, &operations->members, operation->wish.session,
                   in->outcome->to, CLIENT_DRAW_MEMBER);
    }
    if (operations->tokens != NULL && reply->session_token != 0 &&
        is_remembered(operations, operation->wish.operation)) {
        operations->tokens[operation->wish.session] = reply->session_token;
    }
    switch (attempts_end(self, &operation->attempts, operation->id.span, in->outcome)) {
    case ATTEMPTS_AWAITED:
        return;
    case ATTEMPTS_ANSWERED:
        if (operations->is_comparing) {
            remember(operations, operation, reply);
        }
        if (reply->version != 0) {
            struct sim_witness asked = asked_by(operations, operation);
            sim_served(self, &operation->id, &asked, reply);
        }
        operation_end(self, operations, frame, reply);
        return;
    case ATTEMPTS_FAILED:
        break;
    }
    if (reply->status == SIM_STATUS_REDIRECT && reply->redirect != 0 &&
        operation->redirects < REDIRECTS_MAX) {
        operation->redirects++;
        send_attempt(self, operations, frame, operation, reply->redirect);
    } else if (!may_retry(self, operations, operation, reply->status, reply->retry_after, &pause)) {
        operation_end(self, operations, frame, reply);
    } else {
        operation->attempt++;
        if (pause > 0) {
            pause_before_attempt(self, frame, operation, pause);
        } else {
            attempt(self, operations, frame, operation);
        }
    }
}

bool operations_handle(struct sim_node *self, struct operations *operations,
                       const struct sim_input *in)
{
    if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, operations, in);
        return true;
    }
    if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_RETRY) {
        attempt(self, operations, in->tag, sim_frame_at(self, in->tag));
        return true;
    }
    if (in->kind == SIM_IN_TIMER && in->timer == CLIENT_TIMER_HEDGE) {
        hedge(self, operations, in->tag);
        return true;
    }
    return false;
}

void workload_start(struct sim_node *self, struct workload *workload,
                    const struct workload_params *params)
{
    workload->params = params;
    workload->key_random = sim_random_of(self, CLIENT_DRAW_KEY);
    sim_arena_init(&workload->arena);
    sim_keys_init(&workload->keys, &params->keys, &workload->arena);
    double bytes = 0;
    workload->bytes = sim_dist_is_constant(params->bytes, &bytes) ? sim_bytes_from(bytes) : -1;
}

void workload_clear(struct workload *workload)
{
    if (workload->params != NULL) {
        sim_arena_clear(&workload->arena);
    }
}

void workload_next(struct sim_node *self, struct workload *workload, struct operation_wish *wish)
{
    const struct workload_params *params = workload->params;
    wish->operation = params->ops.operation[0];
    if (params->ops.count > 1) {
        wish->operation = sim_mix_draw(&params->ops, sim_random_of(self, CLIENT_DRAW_OPERATION));
    }
    wish->key = sim_keys_next(&workload->keys, wish->operation, workload->key_random);
    wish->bytes = workload->bytes;
    if (workload->bytes < 0) {
        wish->bytes = sim_dist_draw_bytes(params->bytes, sim_random_of(self, CLIENT_DRAW_BYTES));
    }
}
