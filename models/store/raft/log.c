/* The log of a member of a Raft group: entries in memory, and the same on disk.
 *
 * On disk there is one log, to which entries and changes of term and vote are appended in the order
 * in which they happen, as in etcd's write-ahead log: an entry takes the place of those with its
 * index or a greater one that stand before it. One fsync at a time covers all that was appended
 * before it began, so that under load several entries share one (group commit). Figure 3.1: term,
 * vote and entries are on stable storage before a member answers; here what must not be said before
 * is held back, and the rest goes on (10.2.1: the leader writes while its followers do).
 *
 * Without `fsync` nobody waits: the log is synced every sync_period, and a crash makes a member
 * forget what it has promised, which Raft does not survive.
 *
 * Left out: the time to read the log after a crash.
 */
#include <stdlib.h>

#include "store/raft/raft.h"

#define THE_LOG 0
#define ENTRIES_FIRST 1024u

static bool is_awaited(const struct raft_state *state)
{
    return state->params->fsync != NULL;
}

/* ---- in memory ---- */

static void grow(struct raft_log *log)
{
    uint64_t mask = log->entries == NULL ? ENTRIES_FIRST - 1 : 2 * log->mask + 1;
    struct raft_entry *entries = malloc((mask + 1) * sizeof *entries);
    sim_assert(entries != NULL); /* out of memory ends the process */
    sim_assert(log->entries != NULL || log->first > log->last);
    for (uint64_t i = log->first; i <= log->last; i++) {
        entries[i & mask] = log->entries[i & log->mask];
    }
    free(log->entries);
    log->entries = entries;
    log->mask = mask;
}

static void put(struct raft_state *state, const struct raft_entry *entry, uint64_t at)
{
    struct raft_log *log = &state->log;
    if (log->entries == NULL || log->last + 1 - log->first > log->mask) {
        grow(log);
    }
    log->last++;
    sim_assert(raft_word_index(entry->word) == log->last);
    sim_assert(log->entries != NULL);
    struct raft_entry *there = &log->entries[log->last & log->mask];
    *there = *entry;
    there->at = at;
    if (raft_word_operation(entry->word) == RAFT_OP_CONFIG) {
        state->voters = entry->value;
        state->voters_index = log->last;
    }
}

static void cut(struct raft_state *state, uint64_t index)
{
    struct raft_log *log = &state->log;
    log->last = index - 1;
    log->durable = log->durable < index ? log->durable : index - 1;
    log->syncing = log->syncing < index ? log->syncing : index - 1;
    if (state->voters_index >= index) {
        raft_voters_recall(state);
    }
}

uint64_t raft_log_term(const struct raft_log *log, uint64_t index)
{
    sim_assert(index + 1 >= log->first && index <= log->last);
    return index < log->first ? log->before_term
                              : raft_word_term(log->entries[index & log->mask].word);
}

void raft_voters_recall(struct raft_state *state)
{
    const struct raft_log *log = &state->log;
    for (uint64_t i = log->last; i >= log->first; i--) {
        const struct raft_entry *entry = raft_entry_at(log, i);
        if (raft_word_operation(entry->word) == RAFT_OP_CONFIG) {
            state->voters = entry->value;
            state->voters_index = i;
            return;
        }
    }
    state->voters_index = state->snapshot.index;
    state->voters = state->snapshot.index > 0 ? state->snapshot.voters : state->voters_first;
}

/* ---- on disk ---- */

void raft_log_append(struct sim_node *self, struct raft_state *state,
                     const struct raft_entry *entry)
{
    struct sim_log_record record = {
        .words = {entry->word, entry->key, entry->value, entry->expected},
        .bytes = RAFT_HEADER_BYTES + entry->bytes,
    };
    put(state, entry, sim_log_append(self, THE_LOG, &record));
    cells_expect(&state->cells, entry->key);
}

void raft_log_truncate(struct raft_state *state, uint64_t index)
{
    cut(state, index); /* the entries that follow say it on disk */
}

void raft_log_state(struct sim_node *self, struct raft_state *state)
{
    struct sim_log_record record = {
        .words = {raft_entry_word(0, state->term, RAFT_OP_STATE), (uint64_t)state->voted_for + 1},
        .bytes = RAFT_HEADER_BYTES,
    };
    state->log.state_at = sim_log_append(self, THE_LOG, &record) + 1;
}

static void begin_sync(struct sim_node *self, struct raft_state *state)
{
    struct raft_log *log = &state->log;
    log->is_syncing = true;
    log->syncing = log->last;
    sim_count(self, RAFT_SYNCS, 1);
    sim_log_sync(self, THE_LOG, state->params->fsync, 0, sim_log_end(self, THE_LOG));
}

void raft_log_sync(struct sim_node *self, struct raft_state *state)
{
    struct raft_log *log = &state->log;
    if (!is_awaited(state)) {
        log->durable = log->last;
        log->synced = sim_log_end(self, THE_LOG);
    }
    log->is_wanted = true;
}

void raft_log_flush(struct sim_node *self, struct raft_state *state)
{
    struct raft_log *log = &state->log;
    if (!log->is_wanted || log->is_syncing) {
        return;
    }
    log->is_wanted = false;
    if (is_awaited(state)) {
        begin_sync(self, state);
    } else {
        log->is_syncing = true;
        sim_after(self, state->params->sync_period, RAFT_TIMER_SYNC, 0);
    }
}

void raft_log_sync_due(struct sim_node *self, struct raft_state *state)
{
    begin_sync(self, state);
    state->log.is_syncing = false;
}

void raft_log_synced(struct raft_state *state, uint64_t records)
{
    struct raft_log *log = &state->log;
    if (!is_awaited(state)) {
        return;
    }
    log->is_syncing = false;
    log->synced = records;
    log->durable = log->syncing;
    if (log->durable > state->applied) {
        cells_expect_cell(&state->cells, raft_entry_at(log, log->durable)->key);
    }
}

/* ---- the beginning of it ---- */

void raft_log_compact(struct sim_node *self, struct raft_state *state, uint64_t first)
{
    struct raft_log *log = &state->log;
    if (first <= log->first) {
        return;
    }
    log->before_term = raft_log_term(log, first - 1);
    log->first = first;
    uint64_t at = first <= log->last ? raft_entry_at(log, first)->at : sim_log_end(self, THE_LOG);
    raft_log_state(self, state); /* the latest of before may be forgotten now */
    sim_log_forget(self, THE_LOG, at);
    raft_log_sync(self, state);
}

void raft_log_reset(struct sim_node *self, struct raft_state *state, uint64_t index, uint64_t term)
{
    struct raft_log *log = &state->log;
    log->first = index + 1;
    log->last = log->durable = log->syncing = index;
    log->before_term = term;
    uint64_t at = sim_log_end(self, THE_LOG);
    raft_log_state(self, state);
    sim_log_forget(self, THE_LOG, at);
    raft_log_sync(self, state);
}

/* ---- lives ---- */

/* A record of the log of a former life. What stands before the snapshot is in it. Where the entry
 * that the snapshot ends with is another one in the log, the snapshot came from a leader and what
 * follows in the log is not of its history (figure 5.3, step 7: discard the log). */
static void recover(struct raft_state *state, const struct sim_log_record *record, uint64_t at,
                    bool *follows)
{
    struct raft_log *log = &state->log;
    uint64_t word = record->words[0];
    uint64_t index = raft_word_index(word);
    uint64_t term = raft_word_term(word);
    if (raft_word_operation(word) == RAFT_OP_STATE) {
        state->term = term;
        state->voted_for = (uint32_t)(record->words[1] - 1);
        log->state_at = at + 1;
        return;
    }
    if (index <= state->snapshot.index) {
        cut(state, state->snapshot.index + 1);
        *follows = index == state->snapshot.index && term == state->snapshot.term;
        return;
    }
    if (!*follows) {
        return;
    }
    if (index <= log->last) {
        cut(state, index);
    }
    struct raft_entry entry = {.word = word,
                               .key = record->words[1],
                               .value = record->words[2],
                               .expected = record->words[3],
                               .bytes = record->bytes - RAFT_HEADER_BYTES};
    put(state, &entry, at);
}

void raft_log_start(struct sim_node *self, struct raft_state *state)
{
    struct raft_log *log = &state->log;
    log->first = state->snapshot.index + 1;
    log->last = state->snapshot.index;
    log->before_term = state->snapshot.term;
    bool follows = true;
    for (uint64_t i = sim_log_begin(self, THE_LOG); i < sim_log_end(self, THE_LOG); i++) {
        const struct sim_log_record *record = sim_log_at(self, THE_LOG, i);
        if (record->is_torn) {
            sim_log_truncate(self, THE_LOG, i); /* a checksum says so */
            break;
        }
        recover(state, record, i, &follows);
    }
    log->durable = log->syncing = log->last;
    log->synced = sim_log_end(self, THE_LOG);
}

void raft_log_clear(struct raft_log *log)
{
    free(log->entries);
    log->entries = NULL;
}
