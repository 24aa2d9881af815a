/* Front of a member: what clients ask of it, and what they are told.
 *
 * A client may ask any member. Updates are passed on to the head; strong reads to the tail, or with
 * CRAQ they are served here; the tail's answer comes back to the member that was asked, which tells
 * the client (van Renesse, Schneider, OSDI 2004, section 3, has clients know head and tail and be
 * answered by the tail itself: one message less where the one asked is not the tail).
 *
 * Reads that want less are served from what this member has: `eventual` the newest that it knows,
 * also what is on its way (Terrace, Freedman, USENIX 2009, section 2.4), `prefix` the newest that
 * it knows to be committed, `bounded` the newest that it knows, if the master has said within the
 * bound that it is in the chain; where the bound is one of versions, if it is in the chain for
 * certain.
 *
 * Failure is honest. What was not begun is unavailable. An update that was passed on and has not
 * come back within `timeout` is a timeout: nobody knows what becomes of it.
 */
#include "store/chain/chain.h"

static struct chain_frame *frame_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

/* ---- the station ---- */

bool chain_work(struct sim_node *self, sim_frame frame)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    struct chain_frame *job = frame_at(self, frame);
    if (job->job != CHAIN_JOB_UPDATE && params->queue_limit >= 0 &&
        sim_station_queued(state->work) >= params->queue_limit) {
        return false;
    }
    const struct sim_dist *law = params->service.law[job->asked.operation];
    job->work = job->asked.is_version_query
                    ? sim_draw(self, CHAIN_DRAW_VERSION, params->version_query)
                    : sim_draw(self, CHAIN_DRAW_SERVICE, law);
    job->began = sim_now(self);
    return sim_station_work(self, state->work, job->work, job->asked.priority, 0, frame);
}

struct chain_spent chain_work_spent(struct sim_node *self, const struct chain_frame *frame)
{
    sim_time all = sim_now(self) - frame->began;
    struct chain_spent spent = {.service = frame->work < all ? frame->work : all};
    spent.queue = all - spent.service;
    return spent;
}

/* ---- answers ---- */

static void serve_read(struct sim_node *self, sim_frame frame, const struct sim_request *request);

void chain_conclude(struct sim_node *self, sim_frame frame, const struct cell *cell,
                    enum sim_status status, const struct chain_spent *spent)
{
    const struct chain_params *params = sim_params(self);
    struct chain_frame *front = frame_at(self, frame);
    if (front == NULL) {
        return;
    }
    const struct sim_request *request = sim_request_of(self, front->ticket);
    if (front->job == CHAIN_FRONT_WRITE && effect_is_read(request->operation) &&
        sim_status_is_answer(status)) { /* its token is there */
        front->job = CHAIN_FRONT_READ;
        front->asked.token = 0;
        serve_read(self, frame, request);
        return;
    }
    struct sim_reply reply = {.status = status, .session_token = request->session_token};
    if (sim_status_is_answer(status)) {
        reply.value = cell->value;
        reply.version = cell->version;
        if (cell->version > reply.session_token) {
            reply.session_token = cell->version;
        }
        if (effect_is_read(request->operation) && status == SIM_STATUS_OK) {
            reply.bytes = request->reply_bytes > 0 ? request->reply_bytes : params->value_bytes;
        }
    }
    sim_spend(self, request->span, SIM_CAUSE_QUEUE, spent->queue);
    sim_spend(self, request->span, SIM_CAUSE_SERVICE, spent->service);
    sim_spend(self, request->span, SIM_CAUSE_FSYNC, spent->fsync);
    sim_answer(self, front->ticket, &reply);
    sim_cancel(self, front->timer);
    sim_frame_end(self, frame);
}

/* A read that brings a token is two things, one after the other, and a new tail answers again what
 * the one before it had answered: what comes of the first when it is over is not the answer. */
static void conclude_job(struct sim_node *self, sim_frame frame, enum chain_job job,
                         const struct cell *cell, enum sim_status status,
                         const struct chain_spent *spent)
{
    const struct chain_frame *front = frame_at(self, frame);
    if (front != NULL && front->job == job) {
        chain_conclude(self, frame, cell, status, spent);
    }
}

void chain_tell(struct sim_node *self, sim_node_id to, sim_frame frame, enum chain_job job,
                const struct cell *cell, enum sim_status status, const struct chain_spent *spent)
{
    const struct chain_params *params = sim_params(self);
    if (to == sim_self(self)) {
        conclude_job(self, frame, job, cell, status, spent);
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {frame,
                                               cell->value,
                                               cell->version,
                                               (uint64_t)status,
                                               (uint64_t)spent->queue,
                                               (uint64_t)spent->service,
                                               (uint64_t)spent->fsync,
                                               (uint64_t)job};
    bool has_value = status == SIM_STATUS_OK && !cell->is_deleted;
    sim_send_message(self, to, CHAIN_RESULT, words,
                     CHAIN_HEADER_BYTES + (has_value ? params->value_bytes : 0));
}

void chain_result(struct sim_node *self, const struct sim_input *in)
{
    const uint64_t *words = in->words;
    struct cell cell = {.value = words[1], .version = words[2]};
    struct chain_spent spent = {
        .queue = (sim_time)words[4], .service = (sim_time)words[5], .fsync = (sim_time)words[6]};
    conclude_job(self, words[0], (enum chain_job)words[7], &cell, (enum sim_status)words[3],
                 &spent);
}

void chain_refuse(struct sim_node *self, const struct chain_asked *asked, enum sim_status status)
{
    if (asked->from == sim_self(self)) {
        chain_conclude(self, asked->frame, NULL, status, &(struct chain_spent){0});
        return;
    }
    const uint64_t words[SIM_MESSAGE_WORDS] = {asked->frame, (uint64_t)status};
    sim_send_message(self, asked->from, CHAIN_REFUSED, words, CHAIN_HEADER_BYTES);
}

void chain_timeout(struct sim_node *self, sim_frame frame)
{
    const struct chain_frame *front = frame_at(self, frame);
    bool is_unknown = front->job == CHAIN_FRONT_WRITE;
    chain_conclude(self, frame, NULL, is_unknown ? SIM_STATUS_TIMEOUT : SIM_STATUS_UNAVAILABLE,
                   &(struct chain_spent){0});
}

/* ---- requests ---- */

static void pass_on(struct sim_node *self, uint32_t member, const struct chain_asked *asked)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    const uint64_t words[SIM_MESSAGE_WORDS] = {asked->frame,
                                               asked->key,
                                               asked->value,
                                               asked->expected,
                                               (uint64_t)asked->priority << 16 | asked->operation,
                                               asked->token};
    bool is_query = chain_is_plain_read(asked);
    sim_send_message(self, state->members[member], is_query ? CHAIN_QUERY : CHAIN_FORWARD, words,
                     CHAIN_HEADER_BYTES + (is_query ? 0 : params->value_bytes));
}

static void serve_update(struct sim_node *self, const struct chain_asked *asked)
{
    const struct chain_state *state = sim_state(self);
    if (!chain_has_lease(self, state)) {
        chain_refuse(self, asked, SIM_STATUS_UNAVAILABLE);
    } else if (state->position == 0) {
        chain_head_take(self, asked);
    } else {
        pass_on(self, state->order[0], asked);
    }
}

/* Whether the request may be served from what this member has. */
static bool is_local(const struct sim_request *request)
{
    return request->consistency == SIM_CONSISTENCY_EVENTUAL ||
           request->consistency == SIM_CONSISTENCY_PREFIX ||
           request->consistency == SIM_CONSISTENCY_BOUNDED;
}

static void serve_read(struct sim_node *self, sim_frame frame, const struct sim_request *request)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    const struct chain_asked *asked = &frame_at(self, frame)->asked;
    bool is_here = is_local(request) || params->protocol == CHAIN_CRAQ || chain_is_tail(state);
    if (!is_local(request) && !chain_has_lease(self, state)) {
        chain_refuse(self, asked, SIM_STATUS_UNAVAILABLE);
    } else if (!is_here) {
        pass_on(self, state->order[state->length - 1], asked);
    } else if (!chain_work(self, frame)) {
        chain_refuse(self, asked, SIM_STATUS_REJECTED);
    }
}

void chain_request(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    const struct sim_request *request = in->request;
    if (request->operation == SIM_OP_SCAN) {
        sim_answer_status(self, in->ticket, SIM_STATUS_ERROR);
        return;
    }
    sim_frame frame = sim_frame_new(self);
    struct chain_frame *front = frame_at(self, frame);
    *front = (struct chain_frame){
        .ticket = in->ticket,
        .timer = sim_after(self, params->timeout, CHAIN_TIMER_TIMEOUT, frame),
        .asked = {.from = sim_self(self),
                  .frame = frame,
                  .key = request->key,
                  .value = request->value,
                  .expected = request->expected,
                  .token = request->fencing_token,
                  .operation = request->operation,
                  .priority = request->priority},
    };
    front->job = chain_is_plain_read(&front->asked) ? CHAIN_FRONT_READ : CHAIN_FRONT_WRITE;
    if (front->job == CHAIN_FRONT_READ) {
        serve_read(self, frame, request);
    } else {
        struct chain_asked asked = front->asked;
        serve_update(self, &asked);
    }
}
