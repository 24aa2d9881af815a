/* Attempts of one call, hedges included; see attempts.h.
 *
 * An attempt whose answer is not wanted any more is forgotten by the caller. Whoever works on it is
 * not told and does the work all the same, unless the policy says `cancel`.
 */
#include "attempts.h"

#define CANCEL_BYTES 13 /* RST_STREAM (RFC 9113, sections 4.1 and 6.4) */

static void arm(struct sim_node *self, struct attempts *attempts, const struct sim_hedge *hedge,
                int timer, uint64_t tag)
{
    sim_time after = sim_hedge_after(hedge, attempts->made);
    attempts->next = after == SIM_NEVER ? 0 : sim_after(self, after, timer, tag);
}

void attempts_make(struct sim_node *self, struct attempts *attempts, const struct sim_hedge *hedge,
                   sim_node_id to, const struct sim_request *request, sim_time timeout, int timer,
                   uint64_t tag)
{
    if (attempts->open == 0) {
        attempts->made = 0;
    }
    struct attempt *attempt = &attempts->each[attempts->made++];
    attempts->open++;
    attempt->made = sim_now(self);
    attempt->branch = 0;
    if (!sim_hedge_is_on(hedge)) {
        attempt->call = sim_send_request(self, to, request, timeout, tag);
        return;
    }
    attempts->cancels = sim_hedge_cancels(hedge);
    struct sim_request copy = *request;
    attempt->branch = sim_span_branch(self, request->span);
    copy.span = attempt->branch;
    attempt->call = sim_send_request(self, to, &copy, timeout, tag);
    arm(self, attempts, hedge, timer, tag);
}

static void forget(struct sim_node *self, struct attempt *attempt, bool cancels)
{
    if (cancels) {
        sim_call_withdraw(self, attempt->call, CANCEL_BYTES);
    } else {
        sim_call_cancel(self, attempt->call);
    }
    sim_span_drop(self, attempt->branch);
    attempt->call = 0;
}

void attempts_forget(struct sim_node *self, struct attempts *attempts)
{
    for (uint32_t i = 0; attempts->open > 0 && i < attempts->made; i++) {
        if (attempts->each[i].call != 0) {
            forget(self, &attempts->each[i], attempts->cancels);
            attempts->open--;
        }
    }
    sim_cancel(self, attempts->next);
    attempts->next = 0;
}

static struct attempt *find(struct attempts *attempts, sim_time made)
{
    uint32_t i = 0;
    while (attempts->each[i].made != made || attempts->each[i].call == 0) {
        i++;
        sim_assert(i < attempts->made);
    }
    return &attempts->each[i];
}

enum attempts_state attempts_end(struct sim_node *self, struct attempts *attempts, sim_span span,
                                 const struct sim_outcome *outcome)
{
    bool is_answer = sim_status_is_answer(outcome->reply.status);
    if (attempts->made == 1 && attempts->next == 0) { /* one call and nothing else */
        attempts->each[0].call = 0;
        attempts->open = 0;
        return is_answer ? ATTEMPTS_ANSWERED : ATTEMPTS_FAILED;
    }
    struct attempt *attempt = find(attempts, outcome->called);
    sim_time first = attempts->each[0].made;
    attempt->call = 0;
    attempts->open--;
    if (is_answer) {
        sim_spend(self, span, SIM_CAUSE_RETRY, attempt->made - first);
        sim_span_join(self, span, attempt->branch);
        attempts_forget(self, attempts);
        return ATTEMPTS_ANSWERED;
    }
    if (attempts->open > 0) {
        sim_span_drop(self, attempt->branch);
        return ATTEMPTS_AWAITED;
    }
    /* The branch holds the failed attempt as a cost of retrying. */
    sim_spend(self, span, SIM_CAUSE_RETRY, attempt->made - first);
    sim_span_join(self, span, attempt->branch);
    sim_cancel(self, attempts->next);
    attempts->next = 0;
    return ATTEMPTS_FAILED;
}
