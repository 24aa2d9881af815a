/* Probe: a model that writes down whatever the world hands it, for tests of the world itself.
 *
 * A test makes groups of it, acts through sim_world_node() between two steps of the clock as a
 * model would in its handler, and reads what was seen, when and in which order. What a probe does
 * by itself is chosen by its `reply`, by a station, or by a function of the test.
 *
 *     struct probe probe = {.reply = PROBE_AT_ONCE};
 *     probe_add(&f, &probe, "server", 1);
 */
#ifndef BRINK_TESTS_PROBE_H
#define BRINK_TESTS_PROBE_H

#include "fixture.h"
#include "world/disk.h"
#include "world/flow.h"
#include "world/log.h"
#include "world/station.h"
#include "world/stream.h"

extern const struct sim_model sim_model_probe;

/* What happens to a request. */
enum probe_reply {
    PROBE_HOLD,    /* nothing: the test answers */
    PROBE_AT_ONCE, /* OK */
    PROBE_LATER,   /* OK after request->value ns */
    PROBE_WORK,    /* OK after request->value ns of work at the station; REJECTED when it is full */
    PROBE_LEAK     /* OK at once, but for every 100th, which is forgotten */
};

enum probe_metric { PROBE_BUSY, PROBE_QUEUED, PROBE_WAIT, PROBE_EVENTS };
enum probe_timer { PROBE_TIMER_A, PROBE_TIMER_B };

/* One input. */
struct probe_seen {
    sim_time time;
    sim_node_id node, from;
    enum sim_input_kind kind;
    enum sim_status status; /* of an outcome, a closed stream, a flow */
    uint64_t tag;
    uint64_t number;  /* key of an item, credit, first word of a message, key of a request, version,
                         group */
    uint64_t version; /* of an item */
    uint64_t handle;  /* ticket or stream */
    sim_time called;  /* of an outcome; deadline of a request */
    bool is_restart;
};

struct probe {
    enum probe_reply reply;
    int64_t reply_bytes;
    struct sim_station_options station; /* made at every start when servers > 0 */
    /* Called after the input was written down and before `reply` acts; may be NULL. */
    void (*on)(struct sim_node *self, const struct sim_input *in, struct probe *probe);
    void *data;
    GArray *seen; /* struct probe_seen; made by probe_add */
    bool forgets; /* write nothing down */
    uint64_t leak_count;
    struct probe_seen now; /* the latest input */
};

struct probe_state {
    struct sim_station *station;
    uint64_t scratch[4];
};

/* A group of `count_max` probes, all up. `probe` must outlive the fixture. */
uint32_t probe_add(struct fixture *fixture, struct probe *probe, const char *name, uint32_t count);
void probe_clear(struct probe *probe);

struct sim_node *probe_node(struct fixture *fixture, const char *name);
struct sim_station *probe_station(struct fixture *fixture, const char *name);

/* How many inputs of a kind were seen, and the n-th of them from 0. */
uint32_t probe_count(const struct probe *probe, enum sim_input_kind kind);
const struct probe_seen *probe_nth(const struct probe *probe, enum sim_input_kind kind, uint32_t n);
/* Forgets what was seen. */
void probe_reset(struct probe *probe);

/* The n-th input of that kind came at that time. */
#define probe_at(probe, kind, n, at)                                                               \
    g_assert_cmpint(probe_nth((probe), (kind), (n))->time, ==, (at))
/* The n-th outcome: when, of which call, how. */
#define probe_outcome(probe, n, at, what, how)                                                     \
    do {                                                                                           \
        const struct probe_seen *seen_ = probe_nth((probe), SIM_IN_OUTCOME, (n));                  \
        g_assert_cmpint(seen_->time, ==, (at));                                                    \
        g_assert_cmpuint(seen_->tag, ==, (what));                                                  \
        g_assert_cmpint(seen_->status, ==, (how));                                                 \
    } while (0)

/* A request for PROBE_LATER and PROBE_WORK; no deadline, no timeout, 0 bytes. */
sim_call probe_call(struct fixture *fixture, const char *from, const char *to, sim_time value,
                    uint64_t tag);
sim_call probe_call_within(struct fixture *fixture, const char *from, const char *to,
                           sim_time value, sim_time timeout, uint64_t tag);
sim_call probe_call_bytes(struct fixture *fixture, const char *from, const char *to, int64_t bytes,
                          uint64_t tag);
void probe_message(struct fixture *fixture, const char *from, const char *to, uint64_t word,
                   int64_t bytes);

/* A client and a server, `latency` apart; the server replies as it is told. */
struct story {
    struct fixture f;
    struct probe client, server;
};

void story_begin(struct story *story, enum probe_reply reply, sim_time latency);
void story_start(struct story *story); /* plays the first instant */
void story_end(struct story *story);   /* audits */
/* How the client reaches others. */
struct sim_transport *story_transport(struct story *story);
struct sim_network_totals story_totals(const struct story *story);

#endif
