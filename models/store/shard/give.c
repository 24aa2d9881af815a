/* The first router asks shards to give keys away, where shards know what they own (guard.c).
 *
 * Before keys are copied whoever has them has said that he serves nobody any more who chose him by
 * a map from before, and that nothing is open for them. Asked are all members of a shard, since a
 * router may come to any of them; one that cannot be reached makes the move wait.
 */
#include "store/shard/shard.h"

static struct shard_giver *giver_of(const struct shard_mover *mover, sim_node_id id)
{
    uint32_t i = 0;
    while (mover->givers[i].id != id) {
        i++;
    }
    return &mover->givers[i];
}

void shard_give_start(struct sim_node *self)
{
    struct shard_state *state = sim_state(self);
    struct shard_mover *mover = &state->mover;
    size_t members = 0;
    for (uint32_t i = 0; i < state->shard_count; i++) {
        members += shard_fields_at(state->params, i)->store.count;
    }
    mover->givers = sim_alloc(self, members * sizeof *mover->givers);
    for (uint32_t i = 0; i < state->shard_count; i++) {
        const struct sim_target *store = &shard_fields_at(state->params, i)->store;
        for (uint32_t m = 0; m < store->count; m++) {
            uint32_t at = 0;
            while (at < mover->giver_count && mover->givers[at].id != store->ids[m]) {
                at++;
            }
            mover->giver_count += at == mover->giver_count;
            mover->givers[at].id = store->ids[m];
        }
    }
}

static uint64_t position(const struct shard_state *state)
{
    return shard_version_at(state, state->end);
}

static void ask(struct sim_node *self, const struct shard_giver *giver)
{
    const struct shard_state *state = sim_state(self);
    uint64_t words[SIM_MESSAGE_WORDS] = {position(state), giver->begin, giver->end};
    sim_send_message(self, giver->id, SHARD_GIVE, words, SHARD_HEADER_BYTES);
}

void shard_give(struct sim_node *self)
{
    const struct shard_state *state = sim_state(self);
    const struct shard_mover *mover = &state->mover;
    for (uint32_t i = 0; i < mover->giver_count; i++) {
        mover->givers[i].is_asked = false;
    }
    for (uint32_t i = 0; i < mover->key_count; i++) {
        uint32_t shard = shard_table_owner(&state->before, mover->keys[i]);
        const struct sim_target *store = &shard_fields_at(state->params, shard)->store;
        for (uint32_t m = 0; m < store->count; m++) {
            struct shard_giver *giver = giver_of(mover, store->ids[m]);
            giver->begin = giver->is_asked ? giver->begin : mover->keys[i];
            giver->end = mover->keys[i] + 1;
            giver->is_asked = true;
        }
    }
    shard_give_resend(self);
}

void shard_give_resend(struct sim_node *self)
{
    const struct shard_mover *mover = &((const struct shard_state *)sim_state(self))->mover;
    for (uint32_t i = 0; i < mover->giver_count; i++) {
        if (mover->givers[i].is_asked) {
            ask(self, &mover->givers[i]);
            shard_mover_watch(self);
        }
    }
}

void shard_on_given(struct sim_node *self, const struct sim_input *in)
{
    const struct shard_state *state = sim_state(self);
    const struct shard_mover *mover = &state->mover;
    if (mover->stage != SHARD_DRAINS || in->words[0] != position(state)) {
        return;
    }
    giver_of(mover, in->from)->is_asked = false;
    for (uint32_t i = 0; i < mover->giver_count; i++) {
        if (mover->givers[i].is_asked) {
            return;
        }
    }
    shard_mover_drained(self);
}
