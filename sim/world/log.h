/* Log: durable state that the world owns.
 *
 * A node may keep several logs, named by small numbers. Records are appended to volatile memory;
 * fsync makes all records appended before it durable when it completes on the machine's disk
 * (SIM_IN_SYNCED). A crash cuts the log at the last completed fsync, or leaves the record after it
 * torn if the fault says so. A model does not choose what survives.
 */
#ifndef BRINK_WORLD_LOG_H
#define BRINK_WORLD_LOG_H

#include "world/node.h"

#define SIM_LOG_WORDS 4

struct sim_log_record {
    uint64_t words[SIM_LOG_WORDS];
    int64_t bytes; /* what it weighs on disk */
    bool is_torn;  /* seen only in the last record after a crash */
};

/* Index of the record, counting from 0 since the log began. */
uint64_t sim_log_append(struct sim_node *self, int log, const struct sim_log_record *record);
/* `law` is how long the fsync takes, in seconds; NULL = as the machine's disk says. */
void sim_log_sync(struct sim_node *self, int log, const struct sim_dist *law, sim_span span,
                  uint64_t tag);
/* Records in [begin, end) exist; those below `durable` would survive a crash now. */
uint64_t sim_log_begin(const struct sim_node *self, int log);
uint64_t sim_log_end(const struct sim_node *self, int log);
uint64_t sim_log_durable(const struct sim_node *self, int log);
const struct sim_log_record *sim_log_at(const struct sim_node *self, int log, uint64_t index);
/* Drops records from `index` on (a follower's conflict), or before it (a snapshot). Both become
 * durable with the next completed sync. */
void sim_log_truncate(struct sim_node *self, int log, uint64_t index);
void sim_log_forget(struct sim_node *self, int log, uint64_t index);

#endif
