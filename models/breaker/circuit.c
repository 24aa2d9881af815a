/* The circuits of a breaker: positions, and what moves them; see breaker.c for the rules. */
#include "breaker/breaker.h"

static struct circuit *circuit_at(struct sim_node *self, uint32_t index)
{
    struct breaker_state *state = sim_state(self);
    return &state->circuits[index];
}

void circuits_start(struct sim_node *self)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_state *state = sim_state(self);
    bool is_each = params->scope == SCOPE_MEMBER;
    uint64_t group = members_group_hash(self);
    state->circuit_count = is_each ? params->to.count : 1;
    state->circuits = sim_alloc(self, state->circuit_count * sizeof *state->circuits);
    for (uint32_t i = 0; i < state->circuit_count; i++) {
        struct circuit *circuit = &state->circuits[i];
        circuit->key = is_each ? sim_hash_pair(group, params->to.ids[i]) : group;
        breaker_window_init(self, &circuit->window, params->window, params->window_calls);
    }
}

bool circuit_admits(const struct circuit *circuit, const struct breaker_params *params)
{
    return circuit->position == CLOSED ||
           (circuit->position == HALF_OPEN && circuit->probing < params->probes);
}

/* ---- positions ---- */

static void move(struct sim_node *self, struct circuit *circuit, enum breaker_position position)
{
    sim_level(self, METRIC_TRIPPED, (position != CLOSED) - (circuit->position != CLOSED));
    circuit->position = position;
    circuit->era++;
    sim_cancel(self, circuit->reopening);
    circuit->reopening = 0;
}

void circuit_open(struct sim_node *self, uint32_t index, sim_time until)
{
    struct circuit *circuit = circuit_at(self, index);
    move(self, circuit, OPEN);
    sim_count(self, METRIC_OPENED, 1);
    circuit->open_until = until;
    if (until != SIM_NEVER) {
        circuit->reopening = sim_after(self, until - sim_now(self), TIMER_HALF_OPEN, index);
    }
}

void circuit_half_open(struct sim_node *self, uint32_t index)
{
    struct circuit *circuit = circuit_at(self, index);
    move(self, circuit, HALF_OPEN);
    circuit->probing = circuit->probed = circuit->probe_failures = 0;
}

void circuit_close(struct sim_node *self, uint32_t index)
{
    struct circuit *circuit = circuit_at(self, index);
    move(self, circuit, CLOSED);
    breaker_window_empty(&circuit->window);
}

/* ---- judging ---- */

static void trip(struct sim_node *self, uint32_t index)
{
    const struct breaker_params *params = sim_params(self);
    circuit_open(self, index, sim_time_add(sim_now(self), params->open_for));
    sim_time until = sim_time_add(sim_local_clock(self), params->open_for);
    shared_tell(self, index, until > 0 ? (uint64_t)until : 1);
}

static bool is_too_many(const struct breaker_params *params, int64_t failures, int64_t calls)
{
    return (double)failures >= params->failures * (double)calls;
}

static void judge_window(struct sim_node *self, uint32_t index, bool is_failure)
{
    const struct breaker_params *params = sim_params(self);
    struct breaker_window *window = &circuit_at(self, index)->window;
    int64_t calls, failures;
    breaker_window_add(window, sim_now(self), is_failure);
    breaker_window_count(window, sim_now(self), &calls, &failures);
    if (calls >= params->minimum && is_too_many(params, failures, calls)) {
        trip(self, index);
    }
}

static void judge_probe(struct sim_node *self, uint32_t index, bool is_failure)
{
    const struct breaker_params *params = sim_params(self);
    struct circuit *circuit = circuit_at(self, index);
    circuit->probed++;
    circuit->probe_failures += is_failure ? 1 : 0;
    if (circuit->probed < params->probes) {
        return;
    }
    if (is_too_many(params, circuit->probe_failures, circuit->probed)) {
        trip(self, index);
    } else {
        circuit_close(self, index);
        shared_tell(self, index, 0);
    }
}

void circuit_judge(struct sim_node *self, uint32_t index, const struct sim_outcome *outcome)
{
    const struct breaker_params *params = sim_params(self);
    enum sim_status status = outcome->reply.status;
    bool is_slow = sim_now(self) - outcome->called > params->slower_than;
    bool is_failure = is_slow || (!sim_status_is_answer(status) && status != SIM_STATUS_REDIRECT);
    if (circuit_at(self, index)->position == CLOSED) {
        judge_window(self, index, is_failure);
    } else {
        judge_probe(self, index, is_failure); /* of an open one no call is of this era */
    }
}
