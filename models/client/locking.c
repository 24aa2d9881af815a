/* client.locking: sellers who must not sell the same thing twice, and how they see to it.
 *
 * A sale reads a key of a store (0 = not sold), works for a while, and writes its own number there.
 * Between the two somebody else may do the same. By `scheme`
 *
 *   none      nothing is done about it
 *   lock      the seller holds a lock of the key meanwhile, and trusts it
 *   fencing   and sends a token along, which the store compares with the greatest it has seen
 *             (Kleppmann, "How to do distributed locking", 2016)
 *   versions  no lock: the write is a compare-and-set with what was read (optimistic concurrency
 *             control: Kung and Robinson, TODS 6(2), 1981)
 *
 * The lock is a key of any store that has compare-and-set: it holds the number of the sale that has
 * it, 0 = free, and is given back by a compare-and-set to 0. A lease by watching: one who waits and
 * has seen the same number there for `lease` takes the lock from it, by a compare-and-set from that
 * number to its own (as the lock client of Amazon's DynamoDB does with record versions), so that no
 * clocks are compared. The token is the version that the store gave to the compare-and-set: they
 * grow. A holder does not look at a clock before it writes: whatever it could look at, the write
 * may arrive later.
 *
 * Taking and giving back are what the history records (a mutex for each key); not the sales.
 *
 * Left out: leases that are prolonged, waiting in turn, several locks at once.
 */
#include "members.h"
#include "models.h"

enum locking_scheme { SCHEME_NONE, SCHEME_LOCK, SCHEME_FENCING, SCHEME_VERSIONS };
static const char *const scheme_names[] = {"none", "lock", "fencing", "versions", NULL};

struct locking_params {
    int64_t sessions;
    const struct sim_dist *think; /* NULL = none */
    struct sim_target to, lock;
    int32_t scheme; /* enum locking_scheme */
    struct sim_shape keys;
    const struct sim_dist *work;
    sim_time lease, poll, timeout;
};

struct locking_state {
    struct sim_keys keys;
    struct sim_arena arena; /* of the keys */
    struct members to, lock;
};

enum locking_step { STEP_ACQUIRE, STEP_READ, STEP_WORK, STEP_WRITE, STEP_RELEASE };

/* One sale. */
struct locking_sale {
    struct sim_operation_id id;
    uint64_t session, key;
    enum locking_step step;
    uint64_t read;       /* what was at the key */
    uint64_t token;      /* version of the lock; 0 = it has none */
    uint64_t holder;     /* seen at the lock, 0 = nobody */
    sim_time seen_since; /* the same one */
    bool is_over;        /* its lease, when the lock was asked for last */
    sim_time held_since;
    uint64_t witness; /* of taking, then of giving back */
    enum sim_status status;
};

enum locking_metric {
    METRIC_SOLD,
    METRIC_TAKEN,
    METRIC_REFUSED,
    METRIC_STOLEN,
    METRIC_WAIT,
    METRIC_HELD
};
static const struct sim_metric_spec locking_metrics[] = {
    {"sold", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "sales that were acknowledged", NULL},
    {"taken", SIM_METRIC_COUNT, SIM_METRIC_EVENTS, "sales that found it sold already", NULL},
    {"refused_late", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "sales that the store refused: an older token, or another value than was read", NULL},
    {"expired_locks", SIM_METRIC_COUNT, SIM_METRIC_EVENTS,
     "locks taken from a holder whose lease was over", NULL},
    {"lock.wait", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time until it had the lock", NULL},
    {"lock.held", SIM_METRIC_SAMPLE, SIM_METRIC_SECONDS, "time that it held it", NULL},
    {0},
};

enum locking_timer { TIMER_NEXT, TIMER_POLL, TIMER_WORK };
static const char *const locking_timers[] = {"next", "poll", "work", NULL};

enum locking_draw { DRAW_THINK, DRAW_KEY, DRAW_WORK };
static const char *const locking_draws[] = {"think", "key", "work", NULL};

static const struct sim_param locking_params[] = {
    {"sessions", SIM_PARAM_INTEGER, offsetof(struct locking_params, sessions), NULL, 1, 65535,
     "sellers at each member of the group, one sale at a time each", NULL, NULL},
    {"think", SIM_PARAM_DURATION_LAW, offsetof(struct locking_params, think), "nil",
     SIM_NOT_NEGATIVE, "time from one sale to the next; left out = none", NULL, NULL},
    {"to", SIM_PARAM_TARGET, offsetof(struct locking_params, to), NULL, SIM_UNBOUNDED,
     "the store that has what is sold", NULL, NULL},
    {"lock", SIM_PARAM_TARGET, offsetof(struct locking_params, lock), "nil", SIM_UNBOUNDED,
     "the store that has the locks, by the same keys", NULL, NULL},
    {"scheme", SIM_PARAM_CHOICE, offsetof(struct locking_params, scheme), "\"lock\"", SIM_UNBOUNDED,
     "how a second sale of a key is avoided [Kleppmann 2016]", NULL, scheme_names},
    {"keys", SIM_PARAM_SHAPE, offsetof(struct locking_params, keys), "uniform_keys(1000)",
     SIM_UNBOUNDED, "which keys they name", &sim_keys_family, NULL},
    {"work", SIM_PARAM_DURATION_LAW, offsetof(struct locking_params, work), "ms(20)",
     SIM_NOT_NEGATIVE, "time between reading and writing [a payment: 20 ms and more]", NULL, NULL},
    {"lease", SIM_PARAM_DURATION, offsetof(struct locking_params, lease), "s(10)", 1e-6, 1e9,
     "how long a holder is left alone [DynamoDB lock client: 20 s; Chubby: 12 s]", NULL, NULL},
    {"poll", SIM_PARAM_DURATION, offsetof(struct locking_params, poll), "ms(50)", 1e-6, 1e9,
     "how often one who waits tries again [DynamoDB lock client: 1 s]", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, offsetof(struct locking_params, timeout), "s(1)", 1e-9, 1e300,
     "of each request [assumed]", NULL, NULL},
    {0},
};

static struct locking_sale *sale_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

static bool is_locking(const struct locking_params *params)
{
    return params->scheme == SCHEME_LOCK || params->scheme == SCHEME_FENCING;
}

/* What it writes, at the lock and at the key: nobody else writes the same. */
static uint64_t number_of(const struct locking_sale *sale)
{
    return sale->id.id + 1;
}

/* ---- asking ---- */

static void next(struct sim_node *self, sim_frame frame);

/* To a member of the store that the step is about; false when none is up. */
static bool ask(struct sim_node *self, sim_frame frame, struct sim_request *request)
{
    const struct locking_params *params = sim_params(self);
    struct locking_state *state = sim_state(self);
    struct locking_sale *sale = sale_at(self, frame);
    bool is_of_lock = sale->step == STEP_ACQUIRE || sale->step == STEP_RELEASE;
    sim_node_id to = members_next(self, is_of_lock ? &state->lock : &state->to);
    if (to == 0) {
        return false;
    }
    request->operation_id = sale->id.id;
    request->key = sale->key;
    request->deadline = sim_time_add(sim_now(self), params->timeout);
    request->bytes = 200;
    request->span = sale->id.span;
    request->origin_zone = (uint16_t)sim_zone(self);
    sim_send_request(self, to, request, params->timeout, frame);
    return true;
}

static uint64_t witness(struct sim_node *self, const struct locking_sale *sale, uint16_t operation)
{
    struct sim_witness seen = {
        .operation = operation, .key = sale->key, .session = sale->session + 1};
    return sim_witness_begin(self, &seen);
}

static bool ask_for_lock(struct sim_node *self, sim_frame frame)
{
    const struct locking_params *params = sim_params(self);
    struct locking_sale *sale = sale_at(self, frame);
    sale->is_over = sale->holder != 0 && sim_now(self) - sale->seen_since >= params->lease;
    struct sim_request request = {.operation = SIM_OP_COMPARE_AND_SET,
                                  .value = number_of(sale),
                                  .expected = sale->is_over ? sale->holder : 0};
    return ask(self, frame, &request);
}

static bool give_back(struct sim_node *self, sim_frame frame)
{
    struct locking_sale *sale = sale_at(self, frame);
    struct sim_request request = {
        .operation = SIM_OP_COMPARE_AND_SET, .value = 0, .expected = number_of(sale)};
    sale->witness = witness(self, sale, SIM_WITNESS_RELEASE);
    return ask(self, frame, &request);
}

static bool read_key(struct sim_node *self, sim_frame frame)
{
    const struct locking_params *params = sim_params(self);
    const struct locking_sale *sale = sale_at(self, frame);
    struct sim_request request = {.operation = SIM_OP_READ};
    request.fencing_token = params->scheme == SCHEME_FENCING ? sale->token : 0;
    return ask(self, frame, &request);
}

static bool write_key(struct sim_node *self, sim_frame frame)
{
    const struct locking_params *params = sim_params(self);
    const struct locking_sale *sale = sale_at(self, frame);
    bool is_versions = params->scheme == SCHEME_VERSIONS;
    struct sim_request request = {.operation = is_versions ? SIM_OP_COMPARE_AND_SET : SIM_OP_WRITE,
                                  .value = number_of(sale),
                                  .expected = sale->read};
    request.fencing_token = params->scheme == SCHEME_FENCING ? sale->token : 0;
    return ask(self, frame, &request);
}

/* ---- a sale ---- */

/* At least so long from the beginning of a sale to that of the next: at once would be for ever. */
#define SPIN_PAUSE SIM_MILLISECOND

static void think(struct sim_node *self, uint64_t session, sim_time since)
{
    const struct locking_params *params = sim_params(self);
    sim_time pause = params->think == NULL ? 0 : sim_draw(self, DRAW_THINK, params->think);
    bool is_spinning = pause == 0 && sim_now(self) == since;
    sim_after(self, is_spinning ? SPIN_PAUSE : pause, TIMER_NEXT, session);
}

static void end(struct sim_node *self, sim_frame frame)
{
    struct locking_sale *sale = sale_at(self, frame);
    uint64_t session = sale->session;
    sim_time since = sale->id.began;
    sim_operation_end(self, &sale->id, sale->status);
    sim_frame_end(self, frame);
    think(self, session, since);
}

/* It is over, but for the lock. */
static void conclude(struct sim_node *self, sim_frame frame, enum sim_status status)
{
    struct locking_sale *sale = sale_at(self, frame);
    sale->status = status;
    if (sale->token == 0) {
        end(self, frame);
        return;
    }
    sale->step = STEP_RELEASE;
    next(self, frame);
}

static void begin(struct sim_node *self, uint64_t session)
{
    const struct locking_params *params = sim_params(self);
    struct locking_state *state = sim_state(self);
    sim_frame frame = sim_frame_new(self);
    struct locking_sale *sale = sale_at(self, frame);
    sale->id = sim_operation_begin(self);
    sale->session = session;
    sale->key = sim_keys_next(&state->keys, SIM_OP_WRITE, sim_random_of(self, DRAW_KEY));
    sale->step = is_locking(params) ? STEP_ACQUIRE : STEP_READ;
    if (sale->step == STEP_ACQUIRE) {
        sale->witness = witness(self, sale, SIM_WITNESS_ACQUIRE);
    }
    next(self, frame);
}

/* The step that it is at begins. */
static void next(struct sim_node *self, sim_frame frame)
{
    const struct locking_params *params = sim_params(self);
    struct locking_sale *sale = sale_at(self, frame);
    bool is_asked = true;
    switch (sale->step) {
    case STEP_ACQUIRE:
        is_asked = ask_for_lock(self, frame);
        break;
    case STEP_READ:
        is_asked = read_key(self, frame);
        break;
    case STEP_WORK:
        sim_after(self, sim_draw(self, DRAW_WORK, params->work), TIMER_WORK, frame);
        break;
    case STEP_WRITE:
        is_asked = write_key(self, frame);
        break;
    case STEP_RELEASE:
        is_asked = give_back(self, frame);
        break;
    }
    if (!is_asked) { /* nobody is there to give it back to, either */
        sale->status = SIM_STATUS_UNAVAILABLE;
        end(self, frame);
    }
}

/* ---- answers ---- */

static void acquired(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct locking_sale *sale = sale_at(self, frame);
    struct sim_reply told = {.status = SIM_STATUS_OK};
    sim_count(self, METRIC_STOLEN, sale->is_over && reply->status == SIM_STATUS_OK);
    sim_witness_end(self, sale->witness, &told, true);
    sim_record(self, METRIC_WAIT, sim_now(self) - sale->id.began);
    sim_spend(self, sale->id.span, SIM_CAUSE_LOCK, sim_now(self) - sale->id.began);
    sale->token = reply->version;
    sale->held_since = sim_now(self);
    sale->step = STEP_READ;
    next(self, frame);
}

static void on_lock(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct locking_params *params = sim_params(self);
    struct locking_sale *sale = sale_at(self, frame);
    bool is_own = reply->status == SIM_STATUS_CONFLICT && reply->value == number_of(sale);
    if (reply->status == SIM_STATUS_OK || is_own) { /* now, or by an attempt that timed out */
        acquired(self, frame, reply);
        return;
    }
    if (reply->status == SIM_STATUS_CONFLICT && reply->value != sale->holder) {
        sale->holder = reply->value;
        sale->seen_since = sim_now(self);
    }
    sim_after(self, params->poll, TIMER_POLL, frame);
}

static void on_read(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct locking_sale *sale = sale_at(self, frame);
    if (!sim_status_is_answer(reply->status)) {
        conclude(self, frame, reply->status);
    } else if (reply->value != 0) {
        sim_count(self, METRIC_TAKEN, 1);
        conclude(self, frame, SIM_STATUS_CONFLICT);
    } else {
        sale->read = reply->value;
        sale->step = STEP_WORK;
        next(self, frame);
    }
}

static void on_written(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    sim_count(self, METRIC_SOLD, reply->status == SIM_STATUS_OK);
    sim_count(self, METRIC_REFUSED, reply->status == SIM_STATUS_CONFLICT);
    conclude(self, frame, reply->status);
}

static void on_given_back(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct locking_sale *sale = sale_at(self, frame);
    /* Of a lock that another one has by now nothing was given back. */
    struct sim_reply told = {.status = reply->status == SIM_STATUS_CONFLICT ? SIM_STATUS_UNAVAILABLE
                                                                            : reply->status};
    sim_witness_end(self, sale->witness, &told, reply->status != SIM_STATUS_CONFLICT);
    sim_record(self, METRIC_HELD, sim_now(self) - sale->held_since);
    end(self, frame);
}

static void on_outcome(struct sim_node *self, const struct sim_input *in)
{
    const struct sim_reply *reply = &in->outcome->reply;
    switch (sale_at(self, in->tag)->step) {
    case STEP_ACQUIRE:
        on_lock(self, in->tag, reply);
        break;
    case STEP_READ:
        on_read(self, in->tag, reply);
        break;
    case STEP_WRITE:
        on_written(self, in->tag, reply);
        break;
    case STEP_RELEASE:
        on_given_back(self, in->tag, reply);
        break;
    case STEP_WORK:
        break;
    }
}

/* ---- lives ---- */

static void start(struct sim_node *self)
{
    const struct locking_params *params = sim_params(self);
    struct locking_state *state = sim_state(self);
    sim_arena_init(&state->arena);
    sim_keys_init(&state->keys, &params->keys, &state->arena);
    members_start(self, &state->to, &params->to);
    members_start(self, &state->lock, &params->lock);
    for (uint64_t session = 0; session < (uint64_t)params->sessions; session++) {
        think(self, session, SIM_NEVER);
    }
}

static void on_timer(struct sim_node *self, const struct sim_input *in)
{
    switch ((enum locking_timer)in->timer) {
    case TIMER_NEXT:
        begin(self, in->tag);
        break;
    case TIMER_WORK:
        sale_at(self, in->tag)->step = STEP_WRITE;
        next(self, in->tag);
        break;
    case TIMER_POLL:
        next(self, in->tag);
        break;
    }
}

static void handle(struct sim_node *self, const struct sim_input *in)
{
    if (in->kind == SIM_IN_OUTCOME) {
        on_outcome(self, in);
    } else if (in->kind == SIM_IN_TIMER) {
        on_timer(self, in);
    } else if (in->kind == SIM_IN_START) {
        start(self);
    }
}

static void release(struct sim_node *self)
{
    struct locking_state *state = sim_state(self);
    if (state->to.target != NULL) {
        sim_arena_clear(&state->arena);
    }
}

static const char *validate(const void *fields)
{
    const struct locking_params *params = fields;
    return is_locking(params) && params->lock.count == 0
               ? "scheme: a lock is somewhere; give lock = the store that has it"
               : NULL;
}

const struct sim_model sim_model_client_locking = {
    .abi = SIM_MODEL_ABI,
    .name = "client.locking",
    .summary =
        "sellers who must not sell the same thing twice: locks with leases, tokens, versions",
    .traits = SIM_MODEL_SOURCE,
    .params_size = sizeof(struct locking_params),
    .params = locking_params,
    .validate = validate,
    .state_size = sizeof(struct locking_state),
    .frame_size = sizeof(struct locking_sale),
    .handle = handle,
    .release = release,
    .metrics = locking_metrics,
    .timers = locking_timers,
    .draws = locking_draws,
};
