/* One key on its way from its old shard to its new one.
 *
 *   read at the old shard -> read at the new one -> compare-and-set there, of what was met
 *
 * Nobody else asks either shard for the key meanwhile, but requests whose answer was lost may still
 * be under way, those of this copy among them. So the value is not just written: a copy that is
 * late finds another value than it expects and does nothing, since values that are written differ.
 * What fails is tried again from the second step on. A key that is there at neither shard costs two
 * reads. Where a store does not serve compare-and-set the value is written, and a late copy undoes
 * what was written meanwhile.
 *
 * Left out: that what has moved is deleted where it was; a key that was deleted, and comes back to
 * a shard that still has it, is there again with the value 0.
 */
#include "store/shard/shard.h"

static void step(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    bool is_old = job->stage == SHARD_READ_OLD;
    uint32_t shard = shard_table_owner(is_old ? &state->before : &state->after, job->key);
    bool is_strong = state->params->copy_reads == SHARD_COPY_STRONG;
    struct sim_request request = {.key = job->key,
                                  .deadline = SIM_NEVER,
                                  .bytes = SHARD_HEADER_BYTES,
                                  .operation = SIM_OP_READ,
                                  .consistency =
                                      is_strong ? SIM_CONSISTENCY_STRONG : SIM_CONSISTENCY_DEFAULT,
                                  .session_token = shard_has_config(state) ? UINT64_MAX : 0,
                                  .origin_zone = (uint16_t)sim_zone(self)};
    if (job->stage == SHARD_WRITE_NEW) {
        request.operation = state->mover.has_no_compare ? SIM_OP_WRITE : SIM_OP_COMPARE_AND_SET;
        request.value = job->value;
        request.expected = job->met;
        request.bytes = job->bytes;
        request.consistency = SIM_CONSISTENCY_DEFAULT;
    }
    if (!shard_send(self, shard, &request, frame)) {
        sim_after(self, state->params->retry, SHARD_TIMER_COPY, frame);
    }
}

void shard_copy_begin(struct sim_node *self, uint64_t key)
{
    sim_frame frame = sim_frame_new(self);
    struct shard_job *job = shard_job_at(self, frame);
    job->kind = SHARD_COPY;
    job->key = key;
    job->stage = SHARD_READ_OLD;
    step(self, frame);
}

void shard_copy_again(struct sim_node *self, sim_frame frame)
{
    struct shard_job *job = shard_job_at(self, frame);
    sim_count(self, SHARD_METRIC_RETRIED, 1);
    job->is_again = job->is_again || job->stage == SHARD_WRITE_NEW;
    job->stage = job->stage == SHARD_READ_OLD ? SHARD_READ_OLD : SHARD_READ_NEW;
    step(self, frame);
}

static void end(struct sim_node *self, sim_frame frame)
{
    sim_frame_end(self, frame);
    shard_mover_copied(self);
}

static void copied(struct sim_node *self, sim_frame frame)
{
    struct shard_state *state = sim_state(self);
    const struct shard_job *job = shard_job_at(self, frame);
    state->mover.bytes += job->bytes;
    sim_count(self, SHARD_METRIC_MOVED_BYTES, (uint64_t)job->bytes);
    end(self, frame);
}

static void was_read(struct sim_node *self, sim_frame frame, const struct sim_reply *reply)
{
    struct shard_job *job = shard_job_at(self, frame);
    bool is_there = reply->status == SIM_STATUS_OK;
    if (job->stage == SHARD_READ_OLD) {
        job->exists = is_there;
        job->value = is_there ? reply->value : 0;
        job->bytes = reply->bytes;
        job->stage = SHARD_READ_NEW;
        step(self, frame);
        return;
    }
    job->met = is_there ? reply->value : 0;
    bool is_nowhere = !job->exists && job->met == 0;
    bool has_arrived = job->is_again && is_there && job->met == job->value;
    if (is_nowhere || has_arrived) {
        sim_count(self, SHARD_METRIC_LATE, has_arrived);
        end(self, frame);
        return;
    }
    job->stage = SHARD_WRITE_NEW;
    step(self, frame);
}

void shard_copy_outcome(struct sim_node *self, sim_frame frame, const struct sim_outcome *outcome)
{
    struct shard_state *state = sim_state(self);
    struct shard_job *job = shard_job_at(self, frame);
    const struct sim_reply *reply = &outcome->reply;
    bool is_write = job->stage == SHARD_WRITE_NEW;
    if (!sim_status_is_answer(reply->status)) {
        if (is_write && reply->status == SIM_STATUS_ERROR) {
            state->mover.has_no_compare = true;
        }
        sim_after(self, state->params->retry, SHARD_TIMER_COPY, frame);
    } else if (!is_write) {
        was_read(self, frame, reply);
    } else if (reply->status == SIM_STATUS_CONFLICT) {
        shard_copy_again(self, frame);
    } else {
        copied(self, frame);
    }
}
