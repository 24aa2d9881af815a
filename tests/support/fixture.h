/* Fixture: a small world built in a few lines, stepped by hand, and looked into.
 *
 *     struct fixture f;
 *     fixture_init(&f, s(10));
 *     fixture_add_node(&f, "users", &sim_model_client_open, "arrivals = regular(rate(10)), to =
 * \"web\""); fixture_add_node(&f, "web", &sim_model_service, "service = ms(30)");
 *     fixture_link_latency(&f, ms(5));
 *     fixture_start(&f);
 *     fixture_run_until(&f, ms(65));
 *     g_assert_cmpuint(fixture_total(&f, "users", "succeeded"), ==, 1);
 *     fixture_clear(&f);
 *
 * Each node has a machine of its own. Names may be used before they are added. fixture_clear
 * settles and audits every book, so each test that uses the fixture is a test of the audit too;
 * anything that is wrong ends the test.
 */
#ifndef BRINK_TESTS_FIXTURE_H
#define BRINK_TESTS_FIXTURE_H

#include <glib.h>

#include "base/arena.h"
#include "metrics/axis.h"
#include "parameters.h"
#include "world/world.h"

#define FIXTURE_GROUPS_MAX 32
#define FIXTURE_FAULTS_MAX 32
#define FIXTURE_ZONES_MAX 10
#define FIXTURE_WINDOWS_MAX 16

struct fixture {
    struct sim_arena arena;
    struct sim_world_spec spec; /* all of it may be changed before fixture_start */
    struct sim_world_options options;
    struct sim_axis axis;
    struct sim_window
        windows[FIXTURE_WINDOWS_MAX]; /* [0] is the measured one, from 0 to duration */
    uint32_t window_count;
    sim_time cell; /* of the series */
    struct sim_world *world;
    bool expects_imbalance; /* the audit must complain: for models that leak on purpose */

    struct sim_group_spec groups[FIXTURE_GROUPS_MAX];
    const char *texts[FIXTURE_GROUPS_MAX]; /* params to be read when all names are known */
    struct sim_fault_spec faults[FIXTURE_FAULTS_MAX];
    const char *zones[FIXTURE_ZONES_MAX];
    struct sim_link_law links[FIXTURE_ZONES_MAX][FIXTURE_ZONES_MAX];
    GArray *machines; /* struct sim_machine_spec, one a node, by id - 1 */
    GHashTable *traces;
    struct parameter_names names;
};

static inline sim_time us(double x)
{
    return sim_time_from_seconds(x / 1e6);
}
static inline sim_time ms(double x)
{
    return sim_time_from_seconds(x / 1e3);
}
static inline sim_time s(double x)
{
    return sim_time_from_seconds(x);
}

/* Seed 1, one zone, links that take no time, warm connections, no drain limit to speak of. */
void fixture_init(struct fixture *fixture, sim_time duration);
/* Settles, audits, frees. */
void fixture_clear(struct fixture *fixture);

/* ---- building: before fixture_start ---- */

/* The index of the new group of one node; `text` gives parameters (parameters.h), NULL = none. */
uint32_t fixture_add_node(struct fixture *fixture, const char *name, const struct sim_model *model,
                          const char *text);
/* `count` members at the start of at most `count_max`. */
uint32_t fixture_add_group(struct fixture *fixture, const char *name, const struct sim_model *model,
                           const char *text, uint32_t count, uint32_t count_max);
/* Gives a group its params as a struct, which must outlive the fixture, instead of as text. */
void fixture_set_params(struct fixture *fixture, const char *name, const void *params);
struct sim_group_spec *fixture_group(struct fixture *fixture, const char *name);
struct sim_machine_spec *fixture_machine(struct fixture *fixture, sim_node_id node);
/* All members of the group on the machine of its first one. */
void fixture_share_machine(struct fixture *fixture, const char *name);
void fixture_trace(struct fixture *fixture, const char *name, const struct sim_trace *trace);

/* A zone beside the first one; nodes are moved by fixture_machine()->zone. */
uint32_t fixture_add_zone(struct fixture *fixture, const char *name);
/* One-way latency of every link, within zones too. */
void fixture_link_latency(struct fixture *fixture, sim_time latency);
struct sim_link_law *fixture_link(struct fixture *fixture, uint32_t from_zone, uint32_t to_zone);

/* A fault of this kind on the nodes that `targets` names (NULL = none, for partitions and links);
 * the rest of it is filled in through the pointer. factor starts at 1, slowness at 1. */
struct sim_fault_spec *fixture_add_fault(struct fixture *fixture, enum sim_fault_kind kind,
                                         sim_time from, sim_time to, const char *targets);
void fixture_fault_sides(struct fixture *fixture, struct sim_fault_spec *fault, const char *a,
                         const char *b);
/* A window of expectations beside the measured one; its index. */
uint32_t fixture_add_window(struct fixture *fixture, sim_time from, sim_time to);
const struct sim_dist *fixture_law(struct fixture *fixture, const char *text);

void fixture_start(struct fixture *fixture);

/* ---- playing ---- */

void fixture_run_until(struct fixture *fixture, sim_time time);
enum sim_ending fixture_run(struct fixture *fixture); /* to the end */
void fixture_crash(struct fixture *fixture, const char *node);
void fixture_restart(struct fixture *fixture, const char *node);
void fixture_pause(struct fixture *fixture, const char *node, bool is_paused);
void fixture_cut(struct fixture *fixture, const char *from, const char *to, bool is_cut);

/* ---- looking: at groups by name, at metrics by name ---- */

/* "web" or "web[2]". */
sim_node_id fixture_id(const struct fixture *fixture, const char *node);
/* Of the group, or with "web[2]" of a member (per_member must be set). */
const struct sim_metric *fixture_metric(const struct fixture *fixture, const char *group,
                                        const char *metric);
/* Counts of the whole run so far. */
uint64_t fixture_total(const struct fixture *fixture, const char *group, const char *metric);
uint64_t fixture_window_total(const struct fixture *fixture, const char *group, const char *metric,
                              uint32_t window);
/* Level at this moment, and its mean over the measured window (settle or run to the end first). */
int64_t fixture_level(const struct fixture *fixture, const char *group, const char *metric);
double fixture_level_mean(const struct fixture *fixture, const char *group, const char *metric);
/* Values of a sample in the measured window: seconds where it is a duration. */
uint64_t fixture_sample_count(const struct fixture *fixture, const char *group, const char *metric);
double fixture_mean(const struct fixture *fixture, const char *group, const char *metric);
double fixture_quantile(const struct fixture *fixture, const char *group, const char *metric,
                        double p);
uint64_t fixture_digest(const struct fixture *fixture);

#endif
