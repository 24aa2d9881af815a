/* The legs of a plan; see calls.h.
 *
 * A leg that ends tells the one above it, which may end with it, and so on up to the root. Whoever
 * begins several legs in a row therefore looks after each whether it is still there itself.
 *
 * What is not waited for any more is forgotten: its answer will find nobody, its work is done all
 * the same.
 */
#include "service/calls.h"

static void begin(struct sim_node *self, struct calls *calls, sim_frame frame);
static void end(struct sim_node *self, struct calls *calls, sim_frame frame,
                const struct sim_reply *reply);

static struct leg *leg_at(struct sim_node *self, sim_frame frame)
{
    return sim_frame_at(self, frame);
}

/* ---- the tree ---- */

static sim_frame add_child(struct sim_node *self, sim_frame parent, struct plan *plan,
                           sim_span span)
{
    sim_frame frame = sim_frame_new(self);
    struct leg *leg = leg_at(self, frame);
    struct leg *above = leg_at(self, parent);
    leg->ticket = above->ticket;
    leg->parent = parent;
    leg->plan = plan;
    leg->span = span;
    leg->next = above->first;
    if (above->first != 0) {
        leg_at(self, above->first)->previous = frame;
    }
    above->first = frame;
    return frame;
}

static void remove_child(struct sim_node *self, sim_frame frame)
{
    struct leg *leg = leg_at(self, frame);
    if (leg->previous != 0) {
        leg_at(self, leg->previous)->next = leg->next;
    } else {
        leg_at(self, leg->parent)->first = leg->next;
    }
    if (leg->next != 0) {
        leg_at(self, leg->next)->previous = leg->previous;
    }
    sim_frame_end(self, frame);
}

static struct leg *root_of(struct sim_node *self, struct leg *leg)
{
    while (leg->parent != 0) {
        leg = leg_at(self, leg->parent);
    }
    return leg;
}

/* What a call that ended like this says of the whole. */
static void note_end(struct sim_node *self, struct leg *leg, const struct sim_reply *reply)
{
    if (sim_status_is_answer(reply->status)) {
        /* Others that were asked the same may act, whatever this one says. */
        bool is_doubtful = leg->attempts.open > 1 || reply->is_unknown;
        root_of(self, leg)->has_acted |=
            reply->status == SIM_STATUS_OK && !reply->has_changed_nothing;
        root_of(self, leg)->may_have_acted |= is_doubtful;
    } else if (sim_reply_may_have_acted(reply)) {
        root_of(self, leg)->may_have_acted = true;
    }
}

/* Parts side by side have branches of their own. */
static bool has_branch(const struct leg *above)
{
    return above->plan->kind != PLAN_SERIES;
}

/* Whatever is still under way below this leg, which itself makes no call any more. As deep as the
 * plan. */
static void forget_children(struct sim_node *self, struct leg *leg)
{
    while (leg->first != 0) {
        sim_frame frame = leg->first;
        struct leg *child = leg_at(self, frame);
        forget_children(self, child);
        if (child->attempts.open > 0) {
            root_of(self, child)->may_have_acted = true;
        }
        attempts_forget(self, &child->attempts);
        sim_cancel(self, child->retry);
        if (has_branch(leg)) {
            sim_span_drop(self, child->span);
        }
        remove_child(self, frame);
    }
}

/* ---- one call ---- */

/* Another member than that of the attempts so far, where there is one. */
static sim_node_id choose_member(struct sim_node *self, const struct leg *leg, sim_node_id avoid)
{
    if (leg->to != 0) {
        return leg->to;
    }
    sim_node_id to = members_next(self, &leg->plan->members);
    return to == avoid ? members_next(self, &leg->plan->members) : to;
}

static void attempt(struct sim_node *self, struct calls *calls, sim_frame frame, sim_node_id to)
{
    struct leg *leg = leg_at(self, frame);
    const struct call_fields *call = leg->plan->call;
    struct sim_request request = *sim_request_of(self, leg->ticket);
    request.attempt = leg->attempt + (leg->attempts.open > 0 ? 1 : 0);
    request.span = leg->span;
    if (call->bytes > 0) {
        request.bytes = call->bytes;
    }
    leg->asked = to;
    attempts_make(self, &leg->attempts, &leg->plan->hedge, to, &request, call->timeout,
                  calls->names.hedge_timer, frame);
}

static bool may_retry(struct sim_node *self, struct calls *calls, struct leg *leg,
                      const struct sim_reply *answer, sim_time *ret_pause)
{
    sim_time deadline = sim_request_of(self, leg->ticket)->deadline;
    sim_time pause;
    if (sim_now(self) >= deadline ||
        !sim_retry_next(&leg->plan->retry, leg->attempt + 1, answer->status, &leg->pause,
                        sim_random_of(self, calls->names.retry_draw), &pause)) {
        return false;
    }
    *ret_pause = pause > answer->retry_after ? pause : answer->retry_after;
    return sim_time_add(sim_now(self), *ret_pause) < deadline;
}

static void fail(struct sim_node *self, struct calls *calls, sim_frame frame,
                 const struct sim_reply *reply)
{
    struct leg *leg = leg_at(self, frame);
    sim_time pause;
    if (!may_retry(self, calls, leg, reply, &pause)) {
        end(self, calls, frame, reply);
        return;
    }
    leg->attempt++;
    sim_spend(self, leg->span, SIM_CAUSE_RETRY, pause);
    /* As a timer even for no pause at all: a target without members must not recurse. */
    leg->retry = sim_after(self, pause, calls->names.retry_timer, frame);
}

static void first_attempt(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    sim_node_id to = choose_member(self, leg_at(self, frame), 0);
    if (to == 0) {
        struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
        fail(self, calls, frame, &nobody);
        return;
    }
    attempt(self, calls, frame, to);
}

void calls_on_timer(struct sim_node *self, struct calls *calls, const struct sim_input *in)
{
    struct leg *leg = leg_at(self, in->tag);
    if (in->timer == calls->names.retry_timer) {
        first_attempt(self, calls, in->tag);
        return;
    }
    sim_node_id to = choose_member(self, leg, leg->asked);
    if (to != 0 && sim_hedge_take(&leg->plan->hedge)) {
        attempt(self, calls, in->tag, to);
    }
}

void calls_on_outcome(struct sim_node *self, struct calls *calls, const struct sim_input *in)
{
    struct leg *leg = leg_at(self, in->tag);
    note_end(self, leg, &in->outcome->reply);
    switch (attempts_end(self, &leg->attempts, leg->span, in->outcome)) {
    case ATTEMPTS_AWAITED:
        break;
    case ATTEMPTS_ANSWERED:
        end(self, calls, in->tag, &in->outcome->reply);
        break;
    case ATTEMPTS_FAILED:
        fail(self, calls, in->tag, &in->outcome->reply);
        break;
    }
}

/* ---- side by side ---- */

/* One part of those side by side is over, at this instant. The leg may end by it. */
static void count_part(struct sim_node *self, struct calls *calls, sim_frame frame, sim_span branch,
                       const struct sim_reply *reply)
{
    struct leg *leg = leg_at(self, frame);
    const struct plan *plan = leg->plan;
    uint32_t all = plan->kind == PLAN_CALL ? (uint32_t)plan->call->fan_out : plan->count;
    bool is_answer = sim_status_is_answer(reply->status);
    leg->answered += is_answer ? 1 : 0;
    leg->failed += is_answer ? 0 : 1;
    if (leg->answered < plan->enough && all - leg->failed >= plan->enough) {
        sim_span_drop(self, branch);
        return;
    }
    sim_span_join(self, leg->span, branch);
    forget_children(self, leg);
    end(self, calls, frame, reply);
}

static void begin_parallel(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    for (uint32_t i = 0; leg_at(self, frame) != NULL; i++) {
        struct leg *leg = leg_at(self, frame);
        if (i == leg->plan->count) {
            return;
        }
        sim_span branch = sim_span_branch(self, leg->span);
        begin(self, calls, add_child(self, frame, &leg->plan->parts[i], branch));
    }
}

/* Different members, in turn from one request to the next; where too few are up, the rest fails. */
static void begin_fan(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    struct plan *plan = leg_at(self, frame)->plan;
    struct members *members = &plan->members;
    members_look(self, members);
    uint32_t all = (uint32_t)plan->call->fan_out;
    uint64_t turn = members->turn;
    members->turn += all;
    for (uint32_t i = 0; i < all && leg_at(self, frame) != NULL; i++) {
        if (i >= members->count) {
            struct sim_reply nobody = {.status = SIM_STATUS_UNAVAILABLE};
            count_part(self, calls, frame, 0, &nobody);
            continue;
        }
        sim_span branch = sim_span_branch(self, leg_at(self, frame)->span);
        sim_frame part = add_child(self, frame, plan, branch);
        struct leg *leg = leg_at(self, part);
        leg->to = members->ids[(turn + i) % members->count];
        sim_retry_first(&plan->retry);
        sim_hedge_first(&plan->hedge);
        first_attempt(self, calls, part);
    }
}

/* ---- beginning and ending ---- */

/* Whether this request needs the call at all; where shares say whom it asks, leg->to. */
static bool needs_call(struct sim_node *self, struct calls *calls, struct leg *leg)
{
    const struct call_fields *call = leg->plan->call;
    double chance = leg->plan->chance;
    if (chance < 1 && !sim_random_chance(sim_random_of(self, calls->names.chance_draw), chance)) {
        return false;
    }
    if (call->to.shares == NULL) {
        return true;
    }
    double left = sim_random_unit(sim_random_of(self, calls->names.route_draw));
    for (uint32_t i = 0; i < call->to.count; i++) {
        left -= call->to.shares[i];
        if (left < 0.0) {
            leg->to = call->to.ids[i];
            return true;
        }
    }
    return false;
}

static void begin_call(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    struct leg *leg = leg_at(self, frame);
    if (!needs_call(self, calls, leg)) {
        struct sim_reply nothing = {.status = SIM_STATUS_OK};
        end(self, calls, frame, &nothing);
    } else if (leg->plan->call->fan_out > 0) {
        begin_fan(self, calls, frame);
    } else {
        sim_retry_first(&leg->plan->retry);
        sim_hedge_first(&leg->plan->hedge);
        first_attempt(self, calls, frame);
    }
}

/* The part of a series that is due. */
static void begin_part(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    struct leg *leg = leg_at(self, frame);
    begin(self, calls, add_child(self, frame, &leg->plan->parts[leg->part], leg->span));
}

static void begin(struct sim_node *self, struct calls *calls, sim_frame frame)
{
    switch (leg_at(self, frame)->plan->kind) {
    case PLAN_CALL:
        begin_call(self, calls, frame);
        break;
    case PLAN_SERIES:
        begin_part(self, calls, frame);
        break;
    case PLAN_PARALLEL:
        begin_parallel(self, calls, frame);
        break;
    }
}

void calls_begin(struct sim_node *self, struct calls *calls, sim_frame root)
{
    struct leg *leg = leg_at(self, root);
    leg->plan = &calls->plan;
    leg->span = sim_request_of(self, leg->ticket)->span;
    begin(self, calls, root);
}

static void end(struct sim_node *self, struct calls *calls, sim_frame frame,
                const struct sim_reply *reply)
{
    const struct leg *leg = leg_at(self, frame);
    sim_frame parent = leg->parent;
    sim_span span = leg->span;
    if (parent == 0) {
        calls->ended(self, frame, reply);
        return;
    }
    remove_child(self, frame);
    struct leg *above = leg_at(self, parent);
    if (above->plan->kind != PLAN_SERIES) {
        count_part(self, calls, parent, span, reply);
    } else if (sim_status_is_answer(reply->status) && ++above->part < above->plan->count) {
        begin_part(self, calls, parent);
    } else {
        end(self, calls, parent, reply);
    }
}
