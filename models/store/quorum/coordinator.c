/* Coordinator of a quorum store: from a client's request to the answers of enough replicas.
 *
 * An operation has one or two rounds. A round asks all N replicas of the key and goes on when R (it
 * reads) or W (it writes) of them have answered (Gifford, "Weighted voting for replicated data",
 * SOSP 1979; DeCandia and others, "Dynamo", SOSP 2007, section 4.5). Of what a reading round brings
 * the newest counts.
 *
 *     last_write_wins   read: read. write: write, with a version from the coordinator's own clock
 *                       (Cassandra). Compare-and-set, increment, append: read, then write: two that
 *                       run at once can both succeed, and one of them is lost
 *     abd               read: read, write back what was read where fewer than W were seen to have
 *                       it (Attiya, Bar-Noy, Dolev, JACM 42(1), 1995: a read that returns without
 *                       would let a later one return what was before). write: read versions, write
 *                       with a greater one (Lynch, Shvartsman, FTCS 1997). Where R + W > N that is
 *                       a linearizable register whatever clocks show. Other operations are refused:
 *                       no number of registers makes one of them (Herlihy, TOPLAS 13(1), 1991)
 *
 * A request may want less or more than that of a read. `eventual` is the first answer. With abd
 * all else is the default, which is never behind. With last write wins, `strong` waits for N - W +
 * 1 answers, which meet every acknowledged write, so does `bounded`, since nobody knows how old
 * anything else is, and `session` where R bring nothing as new as the session has seen. `prefix` is
 * unavailable: there is no order of all writes that members know a part of; and so are `strong` and
 * `bounded` with a sloppy quorum, since what stand-ins took N - W + 1 replicas need not have.
 *
 * After a read, replicas that answered with something older are sent the newest (Dynamo 5, "read
 * repair": after the answer, when all have answered or the timeout has passed). After a write, what
 * was not acknowledged is kept as a hint (hints.c).
 *
 * Failure is honest. An operation that cannot gather enough answers is unavailable as long as no
 * replica can have taken it; a write that was sent is a timeout: nobody knows what becomes of it.
 *
 * Left out: digests (every replica answers a read with the value), speculative reads to fewer than
 * N, scans (a ring has no order to scan in), time for the coordinator's own work, exactly-once: a
 * request that is retried takes effect twice.
 */
#include "store/quorum/quorum.h"

static struct quorum_operation *operation_at(struct sim_node *self, sim_frame frame)
{
    struct quorum_frame *found = sim_frame_at(self, frame);
    return found == NULL ? NULL : &found->operation;
}

static bool is_abd(const struct quorum_coordinator *coordinator)
{
    return coordinator->params->protocol == QUORUM_ABD;
}

/* ---- ends ---- */

/* What was answered with less than the newest. */
static void repair(struct sim_node *self, struct quorum_coordinator *coordinator,
                   const struct quorum_operation *operation)
{
    quorum_slots stale = operation->answered & ~operation->current;
    sim_count(self, QUORUM_ANSWERS, quorum_bits(operation->answered));
    sim_count(self, QUORUM_ANSWERS_STALE, quorum_bits(stale));
    double chance = coordinator->params->read_repair;
    if (is_abd(coordinator) && !quorum_is_read(operation)) {
        return; /* only versions were asked for */
    }
    if (stale == 0 || chance <= 0 ||
        (chance < 1 && !sim_random_chance(sim_random_of(self, QUORUM_DRAW_REPAIR), chance))) {
        return;
    }
    for (uint32_t slot = 0; slot < operation->slot_count; slot++) {
        if ((stale >> slot & 1) != 0) {
            sim_count(self, QUORUM_REPAIRS, 1);
            struct quorum_ask ask = {.member = operation->slots[slot].member,
                                     .owner = operation->slots[slot].owner,
                                     .operation = SIM_OP_WRITE,
                                     .kind = QUORUM_ASK_REPAIR,
                                     .bytes = operation->bytes,
                                     .entry = operation->newest};
            quorum_ask(self, coordinator, &ask);
        }
    }
}

static void keep_hints(struct sim_node *self, struct quorum_coordinator *coordinator,
                       const struct quorum_operation *operation)
{
    struct quorum_replica *replica = coordinator->replica;
    quorum_slots missing = quorum_all(operation) & ~operation->answered;
    if (operation->is_hint) {
        quorum_hint_ended(self, replica, operation->slots[0].member, &operation->writing,
                          missing == 0);
        return;
    }
    bool is_kept = replica != NULL && !quorum_is_read(operation);
    for (uint32_t slot = 0; missing != 0 && is_kept && slot < operation->slot_count; slot++) {
        if ((missing >> slot & 1) != 0) {
            quorum_hint(self, replica, operation->slots[slot].owner, &operation->writing);
        }
    }
}

/* Nothing more is expected, or the timeout has passed. */
static void finish(struct sim_node *self, struct quorum_coordinator *coordinator, sim_frame frame)
{
    struct quorum_operation *operation = operation_at(self, frame);
    sim_cancel(self, operation->timer);
    if (operation->is_writing) {
        keep_hints(self, coordinator, operation);
    } else {
        repair(self, coordinator, operation);
    }
    sim_frame_end(self, frame);
}

static void answer(struct sim_node *self, struct quorum_operation *operation,
                   enum sim_status status, const struct quorum_entry *entry)
{
    const struct sim_request *request = sim_request_of(self, operation->ticket);
    uint64_t token = request->session_token;
    struct sim_reply reply = {
        .status = status,
        .value = entry->value,
        .version = entry->version,
        .session_token = entry->version > token ? entry->version : token,
        .bytes = quorum_is_read(operation) && !entry->is_deleted ? operation->bytes : 0,
    };
    sim_answer(self, operation->ticket, &reply);
    operation->ticket = 0;
}

static void answer_read(struct sim_node *self, struct quorum_operation *operation)
{
    answer(self, operation, operation->newest.is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
           &operation->newest);
}

/* Too few have answered, or can. */
static void fail(struct sim_node *self, struct quorum_operation *operation, bool was_sent)
{
    if (operation->ticket == 0) {
        return;
    }
    bool is_unknown = was_sent && operation->is_writing && !quorum_is_read(operation);
    sim_count(self, QUORUM_SHORT, 1);
    sim_answer_status(self, operation->ticket,
                      is_unknown ? SIM_STATUS_TIMEOUT : SIM_STATUS_UNAVAILABLE);
    operation->ticket = 0;
}

/* ---- rounds ---- */

static void send_asks(struct sim_node *self, struct quorum_coordinator *coordinator,
                      sim_frame frame, const struct quorum_operation *operation)
{
    struct quorum_ask ask = {
        .frame = frame,
        .from = sim_self(self),
        .priority = operation->priority,
        .operation = (uint8_t)(operation->is_writing ? operation->operation : SIM_OP_READ),
        .kind = (uint8_t)QUORUM_ASK_WRITE,
        .round = operation->round,
        .bytes = operation->bytes,
        .entry = operation->writing,
    };
    if (!operation->is_writing) {
        bool is_value_wanted = quorum_is_read(operation) || !is_abd(coordinator);
        ask.kind = (uint8_t)(is_value_wanted ? QUORUM_ASK_READ : QUORUM_ASK_VERSION);
    } else if (quorum_is_read(operation)) {
        ask.operation = SIM_OP_WRITE; /* back */
    }
    uint32_t own = QUORUM_NO_MEMBER;
    uint32_t slot_count = operation->slot_count;
    for (uint32_t slot = 0; slot < slot_count; slot++) {
        if ((operation->skipped >> slot & 1) != 0) {
            continue;
        }
        ask.slot = (uint8_t)slot;
        ask.member = operation->slots[slot].member;
        ask.owner = operation->slots[slot].owner;
        if (ask.member == coordinator->own) {
            own = slot;
        } else {
            quorum_ask(self, coordinator, &ask);
        }
    }
    if (own != QUORUM_NO_MEMBER) { /* last, since its answer may end the operation */
        ask.slot = (uint8_t)own;
        ask.member = operation->slots[own].member;
        ask.owner = operation->slots[own].owner;
        quorum_ask(self, coordinator, &ask);
    }
}

/* Begins a round; the operation may be over when this returns. */
static void begin_round(struct sim_node *self, struct quorum_coordinator *coordinator,
                        sim_frame frame, bool is_writing)
{
    struct quorum_operation *operation = operation_at(self, frame);
    operation->is_writing = is_writing;
    operation->round++;
    operation->began = sim_now(self);
    operation->answered = operation->refused = operation->current = 0;
    if (operation->is_hint) {
        operation->counted = quorum_all(operation);
        operation->needed = 1;
        send_asks(self, coordinator, frame, operation);
        return;
    }
    uint32_t needed =
        is_writing
            ? quorum_needed_to_write(self, coordinator, operation, &operation->counted)
            : quorum_needed_to_read(self, coordinator, operation,
                                    sim_request_of(self, operation->ticket), &operation->counted);
    operation->needed = (uint8_t)needed;
    if (quorum_bits(operation->counted & ~operation->skipped) < needed) {
        fail(self, operation, false);
        sim_cancel(self, operation->timer);
        sim_frame_end(self, frame);
        return;
    }
    send_asks(self, coordinator, frame, operation);
}

static void begin_writing(struct sim_node *self, struct quorum_coordinator *coordinator,
                          sim_frame frame, uint64_t value, bool is_deleted)
{
    struct quorum_operation *operation = operation_at(self, frame);
    operation->writing.value = value;
    operation->writing.is_deleted = is_deleted;
    operation->writing.version =
        is_abd(coordinator) ? quorum_version_after(self, coordinator, operation->newest.version)
                            : quorum_version_by_clock(self, coordinator);
    begin_round(self, coordinator, frame, true);
}

/* An atomic read: what it returns must not be lost to those who read after it. */
static void conclude_atomic_read(struct sim_node *self, struct quorum_coordinator *coordinator,
                                 sim_frame frame, const struct sim_request *request)
{
    struct quorum_operation *operation = operation_at(self, frame);
    quorum_slots counted;
    uint32_t writes = quorum_needed_to_write(self, coordinator, operation, &counted);
    bool is_safe = quorum_bits(operation->current) >= writes || operation->newest.version <= 1;
    if (is_safe || request->consistency == SIM_CONSISTENCY_EVENTUAL) {
        answer_read(self, operation);
        return;
    }
    sim_count(self, QUORUM_WRITE_BACKS, 1);
    operation->writing = operation->newest;
    begin_round(self, coordinator, frame, true);
}

/* Enough answers to a round that reads. */
static void conclude_reading(struct sim_node *self, struct quorum_coordinator *coordinator,
                             sim_frame frame)
{
    struct quorum_operation *operation = operation_at(self, frame);
    const struct sim_request *request = sim_request_of(self, operation->ticket);
    const struct quorum_entry *found = &operation->newest;
    uint64_t value = found->is_deleted ? 0 : found->value;
    switch ((enum sim_operation)operation->operation) {
    case SIM_OP_CALL:
    case SIM_OP_READ:
        if (is_abd(coordinator)) {
            conclude_atomic_read(self, coordinator, frame, request);
        } else {
            answer_read(self, operation);
        }
        break;
    case SIM_OP_COMPARE_AND_SET:
        if (value != request->expected) {
            struct quorum_entry entry = *found;
            entry.value = value;
            answer(self, operation, SIM_STATUS_CONFLICT, &entry);
        } else {
            begin_writing(self, coordinator, frame, request->value, false);
        }
        break;
    case SIM_OP_INCREMENT:
        begin_writing(self, coordinator, frame, value + request->value, false);
        break;
    case SIM_OP_APPEND:
        begin_writing(self, coordinator, frame, sim_hash_pair(value, request->value), false);
        break;
    case SIM_OP_WRITE:
    case SIM_OP_DELETE:
        begin_writing(self, coordinator, frame, request->value,
                      operation->operation == SIM_OP_DELETE);
        break;
    case SIM_OP_SCAN:
    case SIM_OP_COUNT:
        break;
    }
}

static void conclude_writing(struct sim_node *self, struct quorum_operation *operation)
{
    if (quorum_is_read(operation)) {
        answer_read(self, operation); /* what was written back */
        return;
    }
    sim_commit(self, operation->writing.key, operation->writing.version);
    sim_count(self, QUORUM_COMMITS, 1);
    answer(self, operation, SIM_STATUS_OK, &operation->writing);
}

/* Whether the answers so far are what the session may be told. */
static bool is_session_met(struct sim_node *self, const struct quorum_coordinator *coordinator,
                           const struct quorum_operation *operation,
                           const struct sim_request *request)
{
    return request->consistency != SIM_CONSISTENCY_SESSION || is_abd(coordinator) ||
           operation->newest.version >= request->session_token ||
           quorum_bits(operation->answered) >= quorum_needed_to_meet(self, coordinator, operation);
}

/* Goes on, or gives up, when the answers so far allow or force it. */
static void look(struct sim_node *self, struct quorum_coordinator *coordinator, sim_frame frame,
                 const struct quorum_answer *answer)
{
    struct quorum_operation *operation = operation_at(self, frame);
    if (operation->ticket == 0) {
        return;
    }
    const struct sim_request *request = sim_request_of(self, operation->ticket);
    quorum_slots possible = operation->counted & ~operation->skipped & ~operation->refused;
    if (quorum_bits(possible) < operation->needed) {
        fail(self, operation, true);
        return;
    }
    if (quorum_bits(operation->answered & operation->counted) < operation->needed ||
        (!operation->is_writing && quorum_is_read(operation) &&
         !is_session_met(self, coordinator, operation, request))) {
        return;
    }
    sim_time known = answer->queue + answer->service + answer->fsync;
    sim_spend(self, request->span, SIM_CAUSE_QUEUE, answer->queue);
    sim_spend(self, request->span, SIM_CAUSE_SERVICE, answer->service);
    sim_spend(self, request->span, SIM_CAUSE_FSYNC, answer->fsync);
    sim_spend(self, request->span, SIM_CAUSE_NETWORK, sim_now(self) - operation->began - known);
    if (operation->is_writing) {
        conclude_writing(self, operation);
    } else {
        conclude_reading(self, coordinator, frame);
    }
}

static void take_newest(struct quorum_operation *operation, const struct quorum_answer *answer)
{
    quorum_slots bit = quorum_slot_bit(answer->slot);
    bool is_first = operation->newest.version == 0;
    if (is_first || quorum_is_newer(&answer->entry, &operation->newest)) {
        operation->newest = answer->entry;
        operation->newest.key = operation->writing.key;
        operation->current = bit;
    } else if (quorum_is_same(&answer->entry, &operation->newest)) {
        operation->current |= bit;
    }
}

void quorum_answered(struct sim_node *self, struct quorum_coordinator *coordinator,
                     const struct quorum_answer *answer)
{
    quorum_heard(self, coordinator, answer->member);
    struct quorum_operation *operation = operation_at(self, answer->frame);
    quorum_slots bit = quorum_slot_bit(answer->slot);
    if (operation == NULL || operation->round != answer->round ||
        ((operation->answered | operation->refused) & bit) != 0) {
        return; /* late, or a second copy */
    }
    *(answer->is_refused ? &operation->refused : &operation->answered) |= bit;
    if (!operation->is_writing && !answer->is_refused) {
        take_newest(operation, answer);
    }
    look(self, coordinator, answer->frame, answer);
    operation = operation_at(self, answer->frame);
    if (operation != NULL && operation->round == answer->round &&
        (operation->answered | operation->refused | operation->skipped) == quorum_all(operation)) {
        fail(self, operation, true); /* a session that asks for more than there is */
        finish(self, coordinator, answer->frame);
    }
}

void quorum_timeout(struct sim_node *self, struct quorum_coordinator *coordinator, sim_frame frame)
{
    struct quorum_operation *operation = operation_at(self, frame);
    fail(self, operation, true);
    sim_time end = operation->started + coordinator->params->timeout;
    if (sim_now(self) < end) { /* that was the client's deadline */
        operation->timer = sim_after(self, end - sim_now(self), QUORUM_TIMER_TIMEOUT, frame);
        return;
    }
    quorum_slots settled = operation->answered | operation->refused | operation->skipped;
    for (uint32_t slot = 0; slot < operation->slot_count; slot++) {
        uint32_t member = operation->slots[slot].member;
        if ((settled >> slot & 1) == 0 &&
            coordinator->members[member].heard <= operation->started) {
            quorum_suspect(self, coordinator, member);
        }
    }
    finish(self, coordinator, frame);
}

/* ---- beginnings ---- */

static struct quorum_operation *operation_new(struct sim_node *self,
                                              const struct quorum_coordinator *coordinator,
                                              sim_time timeout, sim_frame *ret_frame)
{
    *ret_frame = sim_frame_new(self);
    struct quorum_operation *operation = operation_at(self, *ret_frame);
    sim_time limit = coordinator->params->timeout;
    operation->started = sim_now(self);
    operation->timer =
        sim_after(self, timeout < limit ? timeout : limit, QUORUM_TIMER_TIMEOUT, *ret_frame);
    return operation;
}

static bool is_refused(const struct quorum_coordinator *coordinator, uint16_t operation)
{
    bool is_conditional = operation == SIM_OP_COMPARE_AND_SET || operation == SIM_OP_INCREMENT ||
                          operation == SIM_OP_APPEND;
    return operation == SIM_OP_SCAN || (is_abd(coordinator) && is_conditional);
}

/* Whether a read can be given what it asks for. */
static bool is_promised(const struct quorum_coordinator *coordinator,
                        const struct sim_request *request)
{
    bool is_reading = request->operation == SIM_OP_READ || request->operation == SIM_OP_CALL;
    if (!is_reading || is_abd(coordinator)) {
        return true;
    }
    switch ((enum sim_consistency)request->consistency) {
    case SIM_CONSISTENCY_DEFAULT:
    case SIM_CONSISTENCY_SESSION:
    case SIM_CONSISTENCY_EVENTUAL:
        return true;
    case SIM_CONSISTENCY_STRONG:
    case SIM_CONSISTENCY_BOUNDED:
        return !coordinator->params->sloppy;
    case SIM_CONSISTENCY_PREFIX:
        break;
    }
    return false;
}

static int64_t size_of(const struct quorum_coordinator *coordinator,
                       const struct sim_request *request)
{
    bool is_reading = request->operation == SIM_OP_READ || request->operation == SIM_OP_CALL;
    int64_t stated = is_reading ? request->reply_bytes : request->bytes;
    return stated > 0 ? stated : coordinator->params->value_bytes;
}

void quorum_request(struct sim_node *self, struct quorum_coordinator *coordinator,
                    const struct sim_input *in)
{
    const struct sim_request *request = in->request;
    if (is_refused(coordinator, request->operation)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
        return;
    }
    if (request->deadline <= sim_now(self)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_EXPIRED);
        return;
    }
    if (!is_promised(coordinator, request)) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
        return;
    }
    sim_frame frame;
    struct quorum_operation *operation =
        operation_new(self, coordinator, request->deadline - sim_now(self), &frame);
    operation->ticket = in->ticket;
    operation->operation = request->operation;
    operation->priority = request->priority;
    operation->bytes = size_of(coordinator, request);
    operation->writing.key = request->key;
    quorum_choose(self, coordinator, request->key, operation);
    bool is_blind = request->operation == SIM_OP_WRITE || request->operation == SIM_OP_DELETE;
    if (is_blind && !is_abd(coordinator)) {
        begin_writing(self, coordinator, frame, request->value,
                      request->operation == SIM_OP_DELETE);
    } else {
        begin_round(self, coordinator, frame, false);
    }
}

void quorum_deliver_hint(struct sim_node *self, struct quorum_coordinator *coordinator,
                         uint32_t member, const struct quorum_entry *entry)
{
    sim_frame frame;
    struct quorum_operation *operation = operation_new(self, coordinator, SIM_NEVER, &frame);
    operation->operation = SIM_OP_WRITE;
    operation->is_hint = true;
    operation->bytes = coordinator->params->value_bytes;
    operation->writing = *entry;
    operation->slot_count = 1;
    operation->slots[0] = (struct quorum_slot){member, member};
    begin_round(self, coordinator, frame, true);
}
