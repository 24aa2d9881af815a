/* The state machine: what committed entries do to the keys, in the order of the log (2.1, 3.5).
 *
 * The version of a key is the index of the entry that wrote it last; index 1 is never a client's,
 * and 1 the version of what was there from the start. The leader answers when it applies; what was
 * applied is what a read sees.
 *
 * A fencing token is an entry of its own, before the one that it guards, so that the log decides on
 * it too.
 *
 * Left out: sessions that filter retried requests (6.3): a retry may take effect twice.
 */
#include "store/effect.h"
#include "store/raft/raft.h"

/* ---- the keys ---- */

static struct cell cell_of(const struct raft_state *state, uint64_t key)
{
    const struct cell *cell = cells_find(&state->cells, key);
    if (cell != NULL) {
        return *cell;
    }
    bool exists = state->params->keys < 0 || key < (uint64_t)state->params->keys;
    return (struct cell){.key = key, .version = 1, .is_deleted = !exists};
}

static int64_t value_size(const struct raft_state *state, const struct sim_request *request)
{
    return request->reply_bytes > 0 ? request->reply_bytes : state->params->value_bytes;
}

void raft_answer_read(struct sim_node *self, struct raft_state *state, sim_ticket ticket)
{
    const struct sim_request *request = sim_request_of(self, ticket);
    struct cell cell = cell_of(state, request->key);
    uint64_t token = request->session_token;
    struct sim_reply reply = {
        .status = cell.is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK,
        .value = cell.is_deleted ? 0 : cell.value,
        .version = cell.version,
        .session_token = state->applied > token ? state->applied : token,
        .bytes = cell.is_deleted ? 0 : value_size(state, request),
    };
    sim_answer(self, ticket, &reply);
}

/* ---- entries ---- */

/* What a client is told. */
static struct sim_reply perform(struct raft_state *state, const struct raft_entry *entry)
{
    struct sim_reply reply = {.status = SIM_STATUS_OK, .version = raft_word_index(entry->word)};
    unsigned operation = raft_word_operation(entry->word);
    if (operation == SIM_OP_WRITE) {
        *cells_put(&state->cells, entry->key) =
            (struct cell){.key = entry->key, .value = entry->value, .version = reply.version};
        reply.value = entry->value;
        return reply;
    }
    struct sim_request request = {.key = entry->key,
                                  .value = entry->value,
                                  .expected = entry->expected,
                                  .operation = (uint16_t)(operation & ~RAFT_FENCED)};
    struct cell old = cell_of(state, entry->key), new;
    if ((operation & RAFT_FENCED) != 0 && state->is_fenced) {
        reply.value = old.value;
    } else if (effect_of(&request, &old, &new, &reply.value)) {
        new.version = reply.version;
        *cells_put(&state->cells, entry->key) = new;
        reply.value = new.value;
        return reply;
    }
    reply.status = SIM_STATUS_CONFLICT;
    reply.version = old.version;
    return reply;
}

static void answer(struct sim_node *self, struct raft_state *state, struct sim_reply *reply)
{
    struct raft_pending pending = raft_queue_take(self, &state->writes);
    const struct sim_request *request = sim_request_of(self, pending.ticket);
    if (request->span != 0) {
        sim_time waited = sim_now(self) - pending.since;
        sim_time fsync = state->fsync_of_commit < waited ? state->fsync_of_commit : waited;
        sim_spend(self, request->span, SIM_CAUSE_FSYNC, fsync);
        sim_spend(self, request->span, SIM_CAUSE_NETWORK, waited - fsync);
    }
    uint64_t token = request->session_token;
    reply->session_token = state->applied > token ? state->applied : token;
    sim_answer(self, pending.ticket, reply);
}

static bool is_awaited(struct sim_node *self, const struct raft_state *state, uint64_t index)
{
    return state->writes.first != 0 && raft_pending_at(self, state->writes.first)->index == index;
}

static void apply_entry(struct sim_node *self, struct raft_state *state,
                        const struct raft_entry *entry)
{
    unsigned operation = raft_word_operation(entry->word);
    uint64_t index = raft_word_index(entry->word);
    if (operation == RAFT_OP_CONFIG) {
        return; /* took effect when it was appended (4.1) */
    }
    if (operation == RAFT_OP_TOKEN) {
        state->is_fenced = effect_is_fenced(&state->tokens, entry->key, entry->value);
        effect_remember_token(&state->tokens, entry->key, entry->value, index);
        return;
    }
    if (operation == SIM_OP_READ || operation == SIM_OP_CALL) {
        if (is_awaited(self, state, index)) {
            raft_answer_read(self, state, raft_queue_take(self, &state->writes).ticket);
        }
        return;
    }
    struct sim_reply reply = perform(state, entry);
    if (state->role == RAFT_LEADER && reply.status == SIM_STATUS_OK) {
        sim_commit(self, entry->key, index);
        sim_count(self, RAFT_COMMITS, 1);
    }
    if (is_awaited(self, state, index)) {
        answer(self, state, &reply);
    }
}

void raft_commit_to(struct sim_node *self, struct raft_state *state, uint64_t index)
{
    sim_assert(index > state->commit && index <= state->log.last);
    state->commit = index;
    while (state->applied < state->commit) {
        state->applied++;
        apply_entry(self, state, raft_entry_at(&state->log, state->applied));
    }
    raft_snapshot_due(self, state);
}
