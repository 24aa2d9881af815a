/* Reads of a chain.
 *
 *     plain   the tail answers from what it has: all of that is committed, and all that is
 *             committed it has (van Renesse, Schneider, OSDI 2004, section 3)
 *     craq    any member answers from what it has of a key that is clean: nothing is on its way
 *             that it has taken. Of a dirty one it asks the tail which version is committed, and
 *             answers that one (Terrace, Freedman, USENIX 2009, section 2.3)
 *
 * Both need to be in the chain for certain, at the moment when they answer (configure.c).
 */
#include "store/chain/chain.h"

static void answer(struct sim_node *self, const struct chain_asked *asked, const struct cell *cell,
                   const struct chain_spent *spent)
{
    sim_count(self, CHAIN_READS, 1);
    chain_tell(self, asked->from, asked->frame, CHAIN_FRONT_READ, cell,
               cell->is_deleted ? SIM_STATUS_NOT_FOUND : SIM_STATUS_OK, spent);
}

/* ---- at the tail ---- */

void chain_query(struct sim_node *self, const struct chain_asked *asked)
{
    sim_frame frame = sim_frame_new(self);
    struct chain_frame *job = sim_frame_at(self, frame);
    *job = (struct chain_frame){.job = CHAIN_JOB_ASKED, .asked = *asked};
    if (!chain_work(self, frame)) {
        sim_frame_end(self, frame);
        chain_refuse(self, asked, SIM_STATUS_REJECTED);
    }
}

static void answer_at_tail(struct sim_node *self, const struct chain_frame *job)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    const struct chain_asked *asked = &job->asked;
    if (!chain_is_tail(state) || !chain_has_lease(self, state)) {
        chain_refuse(self, asked, SIM_STATUS_UNAVAILABLE);
        return;
    }
    struct cell cell = chain_cell(params, &state->cells, asked->key);
    struct chain_spent spent = chain_work_spent(self, job);
    if (asked->is_version_query) {
        const uint64_t words[SIM_MESSAGE_WORDS] = {asked->frame, cell.version};
        sim_send_message(self, asked->from, CHAIN_VERSIONED, words, CHAIN_HEADER_BYTES);
        return;
    }
    answer(self, asked, &cell, &spent);
}

/* ---- at the member that was asked ---- */

/* Less than the newest is enough. */
static void answer_local(struct sim_node *self, const struct chain_frame *front,
                         const struct sim_request *request, const struct chain_spent *spent)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    bool is_bounded = request->consistency == SIM_CONSISTENCY_BOUNDED;
    bool is_late = is_bounded && state->is_fenced &&
                   sim_local_clock(self) - state->lease_from > request->staleness;
    /* Who is in the chain for certain misses nothing that is committed. */
    bool may_miss = is_bounded && request->behind_max > 0 && !chain_has_lease(self, state);
    if (!state->is_whole || is_late || may_miss) {
        chain_refuse(self, &front->asked, SIM_STATUS_UNAVAILABLE);
        return;
    }
    const struct cells *cells =
        request->consistency == SIM_CONSISTENCY_PREFIX ? &state->cells : &state->latest;
    struct cell cell = chain_cell(params, cells, request->key);
    answer(self, &front->asked, &cell, spent);
}

static void answer_apportioned(struct sim_node *self, struct chain_frame *front,
                               const struct chain_spent *spent)
{
    const struct chain_params *params = sim_params(self);
    const struct chain_state *state = sim_state(self);
    if (!state->is_whole || !chain_has_lease(self, state)) {
        chain_refuse(self, &front->asked, SIM_STATUS_UNAVAILABLE);
        return;
    }
    struct cell cell = chain_cell(params, &state->cells, front->asked.key);
    if (chain_is_tail(state) ||
        chain_cell(params, &state->latest, front->asked.key).version == cell.version) {
        answer(self, &front->asked, &cell, spent);
        return;
    }
    sim_count(self, CHAIN_READS_DIRTY, 1);
    const uint64_t words[SIM_MESSAGE_WORDS] = {front->asked.frame, front->asked.key};
    sim_send_message(self, state->members[state->order[state->length - 1]], CHAIN_VERSION, words,
                     CHAIN_HEADER_BYTES);
}

void chain_versioned(struct sim_node *self, const struct sim_input *in)
{
    const struct chain_params *params = sim_params(self);
    struct chain_state *state = sim_state(self);
    struct chain_frame *front = sim_frame_at(self, in->words[0]);
    if (front == NULL) {
        return;
    }
    uint64_t version = in->words[1];
    struct chain_asked asked = front->asked;
    struct chain_spent spent = {0};
    struct cell cell = chain_cell(params, &state->cells, asked.key);
    if (cell.version < version) { /* it came here before it came to the tail */
        const struct chain_entry *entry = chain_entry_at(state, version - 1);
        if (!state->is_whole || version - 1 > state->pipe.logged || entry->key != asked.key) {
            chain_refuse(self, &asked, SIM_STATUS_UNAVAILABLE);
            return;
        }
        cell = (struct cell){.key = asked.key,
                             .value = entry->value,
                             .version = version,
                             .is_deleted = entry->is_deleted};
    }
    answer(self, &asked, &cell, &spent);
}

/* ---- work that is done ---- */

void chain_read_worked(struct sim_node *self, sim_frame frame)
{
    const struct chain_params *params = sim_params(self);
    struct chain_frame *job = sim_frame_at(self, frame);
    if (job->job == CHAIN_JOB_ASKED) {
        answer_at_tail(self, job);
        sim_frame_end(self, frame);
        return;
    }
    const struct sim_request *request = sim_request_of(self, job->ticket);
    struct chain_spent spent = chain_work_spent(self, job);
    bool is_less = request->consistency == SIM_CONSISTENCY_EVENTUAL ||
                   request->consistency == SIM_CONSISTENCY_PREFIX ||
                   request->consistency == SIM_CONSISTENCY_BOUNDED;
    if (is_less) {
        answer_local(self, job, request, &spent);
    } else if (params->protocol == CHAIN_CRAQ) {
        answer_apportioned(self, job, &spent);
    } else {
        answer_at_tail(self, job);
    }
}
