/* Writes of the cache that wait: write-behind. See visits.h.
 *
 * A write is acknowledged when it is in the buffer, and written `write_delay` later; further writes
 * of the key until then are absorbed into it. It stays in the buffer, where reads find it, until
 * the store has answered. A write that fails is tried again after another delay. What a crash finds
 * in the buffer is lost, though it was acknowledged.
 */
#include "cache/visits.h"

static struct unwritten *unwritten_of(struct cache_state *state, uint64_t key, uint32_t *ret_index)
{
    *ret_index = state->writes.records == NULL
                     ? 0
                     : sim_object_table_find(&state->writes, key, sim_object_hash(key));
    return *ret_index == 0 ? NULL : sim_object_payload(sim_object_at(&state->writes, *ret_index));
}

bool writes_take(struct sim_node *self, const struct sim_request *request)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint32_t index;
    if (params->write != WRITE_BEHIND || request->operation != SIM_OP_WRITE) {
        return false;
    }
    struct unwritten *unwritten = unwritten_of(state, request->key, &index);
    if (unwritten != NULL) {
        sim_count(self, METRIC_ABSORBED, 1);
        unwritten->is_changed = unwritten->is_flushing;
    } else {
        index = sim_object_table_add(&state->writes, request->key);
        unwritten = sim_object_payload(sim_object_at(&state->writes, index));
        *unwritten = (struct unwritten){.is_flushing = false};
        sim_level(self, METRIC_UNWRITTEN, 1);
        sim_after(self, params->write_delay, TIMER_WRITE, request->key);
    }
    unwritten->value = request->value;
    unwritten->bytes = request->bytes;
    return true;
}

bool writes_find(struct sim_node *self, uint64_t key, struct sim_reply *ret_reply)
{
    const struct cache_params *params = sim_params(self);
    uint32_t index;
    const struct unwritten *unwritten = unwritten_of(sim_state(self), key, &index);
    if (unwritten == NULL) {
        return false;
    }
    *ret_reply =
        (struct sim_reply){.value = unwritten->value,
                           .bytes = unwritten->bytes > 0 ? unwritten->bytes : params->object_bytes};
    return true;
}

void writes_flush(struct sim_node *self, uint64_t key)
{
    uint32_t index;
    struct unwritten *unwritten = unwritten_of(sim_state(self), key, &index);
    sim_assert(unwritten != NULL && !unwritten->is_flushing);
    unwritten->is_flushing = true;
    unwritten->is_changed = false;
    sim_frame frame = sim_frame_new(self);
    struct visit *visit = sim_frame_at(self, frame);
    *visit = (struct visit){.key = key, .kind = VISIT_FLUSH, .began = sim_now(self)};
    struct sim_request request = {.key = key,
                                  .value = unwritten->value,
                                  .bytes = unwritten->bytes,
                                  .deadline = SIM_NEVER,
                                  .operation = SIM_OP_WRITE,
                                  .origin_zone = (uint16_t)sim_zone(self)};
    visits_send(self, frame, &request);
}

void writes_conclude(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    const struct cache_params *params = sim_params(self);
    struct cache_state *state = sim_state(self);
    uint64_t key = ((const struct visit *)sim_frame_at(self, frame))->key;
    uint32_t index;
    struct unwritten *unwritten = unwritten_of(state, key, &index);
    sim_frame_end(self, frame);
    unwritten->is_flushing = false;
    if (reply->status != SIM_STATUS_OK || unwritten->is_changed) {
        sim_after(self, params->write_delay, TIMER_WRITE, key);
        return;
    }
    copies_set_version(&state->copies, key, reply);
    sim_object_table_drop(&state->writes, index);
    sim_level(self, METRIC_UNWRITTEN, -1);
}

void writes_clear(struct sim_node *self)
{
    struct cache_state *state = sim_state(self);
    uint32_t lost = state->writes.live_count;
    if (lost > 0) {
        sim_count(self, METRIC_LOST_WRITES, lost);
        sim_level(self, METRIC_UNWRITTEN, -(int64_t)lost);
    }
    sim_object_table_clear(&state->writes);
}
