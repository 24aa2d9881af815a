/* What is said about a replay of a trace: text, JSON, CSV, a picture, and the folder of them. Speed
 * is in none of them: it would differ from run to run. */
#ifndef BRINK_REPORT_REPLAY_H
#define BRINK_REPORT_REPLAY_H

#include "report/plot.h"
#include "run/replay.h"

/* How the trace was asked for. */
struct sim_replay_source {
    const char *name;         /* of the trace: "shop" */
    const char *bytes_column; /* NULL: by objects */
    uint64_t seed;
};

/* Tables of miss ratios and misses, a row a capacity. Caller frees, as of the others. */
GString *sim_replay_text(const struct sim_replay_result *result,
                         const struct sim_replay_source *source);
GString *sim_replay_json(const struct sim_replay_result *result,
                         const struct sim_replay_source *source);
GString *sim_replay_csv(const struct sim_replay_result *result);
/* Miss ratio against capacity, a line a policy, or that of bytes; NULL where there is none, or one
 * capacity makes no line. */
struct sim_picture *sim_replay_picture(const struct sim_replay_result *result,
                                       const struct sim_replay_source *source, bool is_of_bytes);

/* Writes cache.csv, cache.json and the pictures. As sim_folder_write. */
bool sim_replay_write(const struct sim_replay_result *result,
                      const struct sim_replay_source *source, const char *folder,
                      char **ret_unpictured, GError **error);

#endif
