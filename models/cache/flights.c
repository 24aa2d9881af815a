/* Keys that are being fetched, and who waits for them. See visits.h.
 *
 * Known only where something asks for it: else a miss is a call like any other, and costs no more.
 */
#include "cache/visits.h"

bool flights_are_known(const struct cache_params *params)
{
    return params->coalesce || params->leases || params->lock != SIM_NEVER || params->early > 0 ||
           params->stale_for > 0 || params->refresh_ahead > 0 || params->follow.count > 0;
}

static struct flight *flight_of(struct cache_state *state, uint64_t key, uint32_t *ret_index)
{
    *ret_index = sim_object_table_find(&state->flights, key, sim_object_hash(key));
    return *ret_index == 0 ? NULL : sim_object_payload(sim_object_at(&state->flights, *ret_index));
}

bool flights_have(struct cache_state *state, uint64_t key)
{
    uint32_t index;
    return flight_of(state, key, &index) != NULL;
}

void flights_begin(struct sim_node *self, sim_frame frame)
{
    struct cache_state *state = sim_state(self);
    struct visit *visit = sim_frame_at(self, frame);
    uint32_t index;
    struct flight *flight = flight_of(state, visit->key, &index);
    if (flight == NULL) {
        index = sim_object_table_add(&state->flights, visit->key);
        flight = sim_object_payload(sim_object_at(&state->flights, index));
        *flight = (struct flight){.last = frame};
    }
    flight->fetch_count++;
    visit->is_fetching = true;
}

bool flights_end(struct sim_node *self, const struct visit *visit, uint64_t version)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint32_t index;
    if (!visit->is_fetching) {
        return true;
    }
    struct flight *flight = flight_of(state, visit->key, &index);
    bool is_overtaken =
        (params->leases && flight->is_written) || (version != 0 && version < flight->version);
    if (is_overtaken) {
        sim_count(self, METRIC_OVERTAKEN, 1);
    }
    if (--flight->fetch_count == 0) {
        sim_object_table_drop(&state->flights, index);
    }
    return !is_overtaken;
}

void flights_note(struct sim_node *self, uint64_t key, uint64_t version)
{
    uint32_t index;
    struct flight *flight = flight_of(sim_state(self), key, &index);
    if (flight != NULL) {
        flight->is_written = true;
        flight->version = version > flight->version ? version : flight->version;
    }
}

bool flights_wait(struct sim_node *self, sim_frame frame)
{
    const struct cache_params *params = sim_params(self);
    struct visit *visit = sim_frame_at(self, frame);
    uint32_t index;
    struct flight *flight = flight_of(sim_state(self), visit->key, &index);
    if (flight == NULL) {
        return false;
    }
    if (params->coalesce) {
        struct visit *before = sim_frame_at(self, flight->last);
        before->next = frame;
        flight->last = frame;
        sim_count(self, METRIC_COALESCED, 1);
        return true;
    }
    if (params->lock != SIM_NEVER) {
        sim_count(self, METRIC_LOCKED, 1);
        sim_spend(self, visit->span, SIM_CAUSE_LOCK, params->lock);
        sim_after(self, params->lock, TIMER_LOOK, frame);
        return true;
    }
    return false;
}
