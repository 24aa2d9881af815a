/* The plainest station: servers with one queue before them, first come, first served. */
#ifndef BRINK_MODELS_QUEUE_H
#define BRINK_MODELS_QUEUE_H

#include "sim.h"

/* `busy` is the first of three metrics in a row: "busy", "queued", "wait". */
static inline struct sim_station *queue_start(struct sim_node *self, int64_t servers,
                                              int64_t queue_limit, int busy)
{
    struct sim_station_options options = {
        .servers = servers,
        .queue_limit = queue_limit,
        .discipline = SIM_FIFO,
        .busy_metric = busy,
        .queued_metric = busy + 1,
        .wait_metric = busy + 2,
    };
    return sim_station_new(self, &options);
}

#endif
