/* Requests: who serves them, and from what.
 *
 * Writes are the leader's: any other member passes them on to the one it knows, and says
 * `unavailable` where it knows none. A read is served by
 *
 *   strong          the leader, from what is committed, while it holds its lease
 *   eventual, consistent_prefix   the member that was asked: what it has is a beginning of the log
 *   bounded         the member that was asked, when it had all that the leader had at most so long
 *                   ago, by the clocks of the two (MySQL: pt-heartbeat; MongoDB:
 *                   maxStalenessSeconds). Of versions only the leader knows how many there are: as
 *                   strong
 *   session         the member that was asked, when it has carried out what the session's token
 *                   names, a place in the log (MySQL: WAIT_FOR_EXECUTED_GTID_SET; PostgreSQL: the
 *                   LSN that pg_last_wal_replay_lsn() is compared with; MongoDB: afterClusterTime)
 *   default         as `reads` says: as strong, or by whom it was asked, or by the member nearest
 *                   to the client (MongoDB: readPreference primary, secondaryPreferred, nearest);
 *                   with a session's token as session
 *
 * A member that is behind lets the read wait, passes it on to the leader, or refuses it (`behind`).
 * Every answer's token is the place up to which the member that gave it had carried out.
 *
 * (Kleppmann, "Designing data-intensive applications", 2017, chapter 5, "Problems with replication
 * lag".)
 */
#include "store/effect.h"
#include "store/leader/leader.h"

/* ---- passing on ---- */

static bool is_own_group(const struct leader_state *state, sim_node_id id)
{
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->members[i].id == id) {
            return true;
        }
    }
    return false;
}

static void pass_on(struct sim_node *self, sim_ticket ticket, uint32_t member)
{
    struct leader_state *state = sim_state(self);
    struct sim_request request = *sim_request_of(self, ticket);
    if (member == state->leader) { /* and it need not wonder whether it has enough */
        request.consistency = SIM_CONSISTENCY_STRONG;
    }
    sim_frame frame = sim_frame_new(self);
    struct leader_job *job = leader_job_at(self, frame);
    job->ticket = ticket;
    job->is_call = true;
    sim_count(self, LEADER_FORWARDED, 1);
    sim_send_request(self, state->members[member].id, &request, SIM_NEVER, frame);
}

/* A read that brings a token leaves it in the log. */
static bool is_write(const struct sim_request *request)
{
    return !effect_is_read(request->operation) || request->fencing_token != 0;
}

void leader_outcome(struct sim_node *self, const struct sim_input *in)
{
    struct leader_job *job = leader_job_at(self, in->tag);
    struct sim_reply reply = in->outcome->reply;
    const struct sim_request *request = sim_request_of(self, job->ticket);
    bool has_effect = is_write(request); /* a read with a token has one, too */
    reply.status =
        sim_status_passed_on(has_effect ? SIM_OP_WRITE : request->operation, reply.status);
    sim_answer(self, job->ticket, &reply);
    sim_frame_end(self, in->tag);
}

/* The member nearest to the client, of those that are alive as far as this one knows. */
static uint32_t nearest(struct sim_node *self, const struct sim_request *request)
{
    const struct leader_state *state = sim_state(self);
    uint32_t best = state->own;
    double least = sim_latency_mean(self, request->origin_zone, state->members[best].zone);
    for (uint32_t i = 0; i < state->count; i++) {
        double mean = sim_latency_mean(self, request->origin_zone, state->members[i].zone);
        bool is_known = i == state->leader || !state->is_leader || leader_is_live(self, i);
        if (mean < least && is_known) {
            least = mean;
            best = i;
        }
    }
    return best;
}

/* ---- who serves ---- */

enum serves { SERVES_ITSELF, SERVES_LEADER, SERVES_NEAREST };

static enum serves who_serves(struct sim_node *self, const struct sim_request *request)
{
    const struct leader_state *state = sim_state(self);
    if (is_write(request)) {
        return SERVES_LEADER;
    }
    switch ((enum sim_consistency)request->consistency) {
    case SIM_CONSISTENCY_STRONG:
        return SERVES_LEADER;
    case SIM_CONSISTENCY_DEFAULT:
        return state->params->reads == READS_LEADER    ? SERVES_LEADER
               : state->params->reads == READS_NEAREST ? SERVES_NEAREST
                                                       : SERVES_ITSELF;
    case SIM_CONSISTENCY_BOUNDED:
        return request->behind_max > 0 ? SERVES_LEADER : SERVES_ITSELF;
    case SIM_CONSISTENCY_PREFIX:
    case SIM_CONSISTENCY_SESSION:
    case SIM_CONSISTENCY_EVENTUAL:
        break;
    }
    return SERVES_ITSELF;
}

static void work(struct sim_node *self, sim_ticket ticket)
{
    struct leader_state *state = sim_state(self);
    const struct sim_request *request = sim_request_of(self, ticket);
    sim_frame frame = sim_frame_new(self);
    leader_job_at(self, frame)->ticket = ticket;
    sim_time work =
        sim_draw(self, LEADER_DRAW_SERVICE, state->params->service.law[request->operation]);
    if (!sim_station_work(self, state->work, work, request->priority, request->span, frame)) {
        sim_frame_end(self, frame);
        sim_answer_status(self, ticket, SIM_STATUS_REJECTED);
    }
}

/* To the leader; at most once, or two who are wrong about each other would go on for ever. */
static void to_leader(struct sim_node *self, sim_ticket ticket, bool is_passed_on)
{
    struct leader_state *state = sim_state(self);
    if (state->leader == LEADER_NONE || state->leader == state->own || is_passed_on) {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    } else {
        pass_on(self, ticket, state->leader);
    }
}

void leader_arrive(struct sim_node *self, const struct sim_input *in)
{
    struct leader_state *state = sim_state(self);
    bool is_passed_on = is_own_group(state, in->from);
    enum serves who = who_serves(self, in->request);
    if (in->request->operation == SIM_OP_SCAN) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
    } else if (who == SERVES_LEADER && !state->is_leader) {
        to_leader(self, in->ticket, is_passed_on);
    } else if (who == SERVES_LEADER && is_write(in->request) &&
               !(state->is_open && leader_may_write(self))) {
        sim_answer_status(self, in->ticket, SIM_STATUS_UNAVAILABLE);
    } else if (who == SERVES_NEAREST && !is_passed_on && nearest(self, in->request) != state->own) {
        pass_on(self, in->ticket, nearest(self, in->request));
    } else {
        work(self, in->ticket);
    }
}

/* ---- serving ---- */

static void tell_cell(const struct leader_state *state, const struct sim_request *request,
                      const struct cell *cell, struct sim_reply *reply)
{
    reply->version = cell->version;
    reply->value = cell->value;
    if (cell->is_deleted) {
        reply->status = SIM_STATUS_NOT_FOUND;
    } else {
        reply->bytes = request->reply_bytes > 0 ? request->reply_bytes : state->params->value_bytes;
    }
}

static void read(struct sim_node *self, sim_frame frame)
{
    const struct leader_state *state = sim_state(self);
    struct leader_job *job = leader_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    struct cell cell = leader_cell(self, &state->seen, request->key);
    struct sim_reply reply = {.session_token = leader_last(self, state->applied)};
    tell_cell(state, request, &cell, &reply);
    sim_answer(self, job->ticket, &reply);
    sim_frame_end(self, frame);
}

/* Whether this member has what the read wants to see. */
static bool has_enough(struct sim_node *self, const struct sim_request *request)
{
    const struct leader_state *state = sim_state(self);
    bool leads = state->is_leader && state->is_open && leader_has_lease(self);
    bool is_session =
        request->consistency == SIM_CONSISTENCY_SESSION ||
        (request->consistency == SIM_CONSISTENCY_DEFAULT && state->params->reads != READS_LEADER);
    if (is_session && request->session_token > leader_last(self, state->applied)) {
        return false;
    }
    if (request->consistency == SIM_CONSISTENCY_BOUNDED) {
        return leads || sim_local_clock(self) - state->fresh <= request->staleness;
    }
    return true;
}

static void wait_for_replay(struct sim_node *self, sim_frame frame)
{
    struct leader_state *state = sim_state(self);
    struct leader_job *job = leader_job_at(self, frame);
    job->since = sim_now(self);
    job->next = state->first_waiting;
    state->first_waiting = frame;
}

static void is_behind(struct sim_node *self, sim_frame frame)
{
    struct leader_state *state = sim_state(self);
    sim_ticket ticket = leader_job_at(self, frame)->ticket;
    sim_count(self, LEADER_BEHIND, 1);
    if (state->params->behind == BEHIND_WAIT) {
        wait_for_replay(self, frame);
        return;
    }
    sim_frame_end(self, frame);
    if (state->params->behind == BEHIND_FORWARD) {
        to_leader(self, ticket, false);
    } else {
        sim_answer_status(self, ticket, SIM_STATUS_UNAVAILABLE);
    }
}

void leader_wake(struct sim_node *self)
{
    struct leader_state *state = sim_state(self);
    sim_frame frame = state->first_waiting;
    state->first_waiting = 0;
    while (frame != 0) {
        struct leader_job *job = leader_job_at(self, frame);
        sim_frame next = job->next;
        const struct sim_request *request = sim_request_of(self, job->ticket);
        if (has_enough(self, request)) {
            sim_spend(self, request->span, SIM_CAUSE_OTHER, sim_now(self) - job->since);
            read(self, frame);
        } else {
            job->next = state->first_waiting;
            state->first_waiting = frame;
        }
        frame = next;
    }
}

static void append_token(struct sim_node *self, uint64_t key, uint64_t token)
{
    struct leader_state *state = sim_state(self);
    struct leader_record record = {
        .cell = {.key = key, .value = token}, .acknowledged = state->committed, .is_token = true};
    record.cell.version = leader_version(state->epoch, leader_end(self));
    effect_remember_token(&state->latest_tokens, key, token, record.cell.version);
    leader_append(self, &record);
}

static void write(struct sim_node *self, sim_frame frame)
{
    struct leader_state *state = sim_state(self);
    struct leader_job *job = leader_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    uint64_t token = request->fencing_token;
    bool is_fenced = effect_is_fenced(&state->latest_tokens, request->key, token);
    if (effect_is_new_token(&state->latest_tokens, request->key, token)) {
        append_token(self, request->key, token);
    }
    struct cell old = leader_cell(self, &state->latest, request->key);
    struct leader_record record = {.acknowledged = state->committed};
    uint64_t index = leader_end(self);
    job->reply.version = old.version;
    if (effect_is_read(request->operation)) {
        tell_cell(state, request, &old, &job->reply);
    } else if (is_fenced) {
        job->reply.status = SIM_STATUS_CONFLICT;
        job->reply.value = old.value;
    } else if (effect_of(request, &old, &record.cell, &job->reply.value)) {
        record.cell.version = leader_version(state->epoch, index);
        *cells_put(&state->latest, request->key) = record.cell;
        leader_append(self, &record);
        job->reply.version = record.cell.version;
    } else {
        job->reply.status = SIM_STATUS_CONFLICT;
    }
    job->reply.session_token = job->reply.version;
    job->end = leader_end(self); /* also of a conflict: what it met may not be committed yet */
    leader_wait_for_commit(self, frame);
    if (state->params->fsync == NULL) {
        leader_feed(self);
    }
    leader_commit(self);
}

void leader_worked(struct sim_node *self, sim_frame frame)
{
    struct leader_state *state = sim_state(self);
    struct leader_job *job = leader_job_at(self, frame);
    const struct sim_request *request = sim_request_of(self, job->ticket);
    bool leads = state->is_leader && state->is_open && leader_has_lease(self);
    bool is_refused = who_serves(self, request) == SERVES_LEADER &&
                      (!leads || (is_write(request) && !leader_may_write(self)));
    if (is_refused) {
        sim_answer_status(self, job->ticket, SIM_STATUS_UNAVAILABLE);
        sim_frame_end(self, frame);
    } else if (is_write(request)) {
        write(self, frame);
    } else if (has_enough(self, request)) {
        read(self, frame);
    } else {
        is_behind(self, frame);
    }
}
