/* A node "web" with one station, for tests of stations: jobs by hand, in milliseconds. */
#ifndef BRINK_TESTS_STATION_STORY_H
#define BRINK_TESTS_STATION_STORY_H

#include "probe.h"

struct station_story {
    struct fixture f;
    struct probe p;
};

static inline void begin(struct station_story *story, enum sim_discipline discipline,
                         int64_t servers)
{
    *story = (struct station_story){.p.station = {.servers = servers,
                                                  .queue_limit = -1,
                                                  .discipline = discipline,
                                                  .busy_metric = PROBE_BUSY,
                                                  .queued_metric = PROBE_QUEUED,
                                                  .wait_metric = PROBE_WAIT}};
    fixture_init(&story->f, s(1));
    probe_add(&story->f, &story->p, "web", 1);
}

static inline void start(struct station_story *story)
{
    fixture_start(&story->f);
    fixture_run_until(&story->f, 0);
}

static inline void end(struct station_story *story)
{
    fixture_clear(&story->f);
    probe_clear(&story->p);
}

static inline void at(struct station_story *story, double time)
{
    fixture_run_until(&story->f, ms(time));
}

static inline bool work(struct station_story *story, double length, uint16_t priority, uint64_t tag)
{
    return sim_station_work(probe_node(&story->f, "web"), probe_station(&story->f, "web"),
                            ms(length), priority, 0, tag);
}

/* The n-th to finish is `tag`, at `time` ms. */
static inline void done(const struct station_story *story, uint32_t n, uint64_t tag, double time)
{
    const struct probe_seen *seen = probe_nth(&story->p, SIM_IN_DONE, n);
    g_assert_cmpuint(seen->tag, ==, tag);
    g_assert_cmpint(seen->time, ==, ms(time));
}

#endif
