/* The engine beside a naive twin: a sorted array into which each event is inserted behind its
 * equals, and from which cancelled and dropped events are removed at once. Both see the same random
 * operations: posts with many ties, timers, cancellations (also of fired, cancelled and dropped
 * ones), kills, and pauses at random times. Every delivered event, every answer of cancel, the
 * clock and the books must agree; if the queue lost the order of equals anywhere, this fails.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "engine/engine.h"

#define TWIN_ROOM 32768u
#define HANDLE_COUNT 512u
#define NODE_COUNT 7u

struct twin_entry {
    sim_time time;
    uint64_t payload; /* unique */
    uint32_t node;
    uint16_t kind;
};

struct twin {
    sim_time now;
    uint32_t count;
    uint64_t scheduled, delivered, cancelled, dropped;
    struct twin_entry entries[TWIN_ROOM];
};

/* What one story is made of. */
struct mixture {
    uint64_t seed;
    uint32_t steps;
    uint32_t pending_aim; /* posts are likelier below, deliveries above */
    uint32_t delay_bits;  /* delays are below 2^bits, of all magnitudes */
    uint32_t tie_percent; /* of posts fall on a coarse grid or on the present */
    uint32_t cancel_percent;
    uint32_t kill_permille;
    uint32_t pause_percent;
};

struct story {
    const struct mixture *mixture;
    uint64_t random;
    uint64_t next_payload;
    struct sim_engine *engine;
    struct twin *twin;
    sim_timer handles[HANDLE_COUNT];
    uint64_t handle_payloads[HANDLE_COUNT];
};

static uint64_t draw(struct story *story, uint64_t below)
{
    uint64_t x = story->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (x ^ x >> 31) % below;
}

static void twin_post(struct twin *twin, struct twin_entry entry)
{
    g_assert_cmpuint(twin->count, <, TWIN_ROOM);
    uint32_t low = 0;
    uint32_t high = twin->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (twin->entries[middle].time <= entry.time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    memmove(&twin->entries[low + 1], &twin->entries[low],
            (twin->count - low) * sizeof *twin->entries);
    twin->entries[low] = entry;
    twin->count++;
    twin->scheduled++;
}

static void twin_remove(struct twin *twin, uint32_t index)
{
    twin->count--;
    memmove(&twin->entries[index], &twin->entries[index + 1],
            (twin->count - index) * sizeof *twin->entries);
}

static bool twin_cancel(struct twin *twin, uint64_t payload)
{
    for (uint32_t i = 0; i < twin->count; i++) {
        if (twin->entries[i].payload == payload) {
            twin_remove(twin, i);
            twin->cancelled++;
            return true;
        }
    }
    return false;
}

static void twin_kill(struct twin *twin, uint32_t node)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < twin->count; i++) {
        if (twin->entries[i].node != node) {
            twin->entries[kept++] = twin->entries[i];
        }
    }
    twin->dropped += twin->count - kept;
    twin->count = kept;
}

static bool twin_next(struct twin *twin, sim_time until, struct twin_entry *ret_entry)
{
    if (twin->count == 0 || twin->entries[0].time > until || twin->entries[0].time == SIM_NEVER) {
        twin->now = until == SIM_NEVER ? twin->now : until;
        return false;
    }
    *ret_entry = twin->entries[0];
    twin_remove(twin, 0);
    twin->now = ret_entry->time;
    twin->delivered++;
    return true;
}

static sim_time draw_time(struct story *story)
{
    sim_time now = story->twin->now;
    uint64_t delay = draw(story, UINT64_C(1) << draw(story, story->mixture->delay_bits + 1));
    if (draw(story, 100) < story->mixture->tie_percent) {
        uint64_t far_grid = UINT64_C(1) << story->mixture->delay_bits * 7 / 8;
        switch (draw(story, 5)) {
        case 0:
            return now;
        case 1:
            return now + 1;
        case 2:
            return (now | 0xff) + (sim_time)(draw(story, 3) << 8);
        case 3: /* far away, and all but equal */
            return (now | (sim_time)(far_grid - 1)) + 1 + (sim_time)draw(story, 16);
        default:
            return (now | (sim_time)((UINT64_C(1) << story->mixture->delay_bits / 2) - 1)) + 1;
        }
    }
    return draw(story, 20000) == 0 ? SIM_NEVER : now + (sim_time)delay;
}

static void step_post(struct story *story)
{
    struct twin_entry entry = {.time = draw_time(story),
                               .payload = story->next_payload++,
                               .node = (uint32_t)draw(story, NODE_COUNT),
                               .kind = (uint16_t)draw(story, 5)};
    twin_post(story->twin, entry);
    if (draw(story, 2) == 0) {
        sim_engine_post(story->engine, entry.time, entry.node, entry.kind, entry.payload);
        return;
    }
    uint64_t slot = draw(story, HANDLE_COUNT);
    story->handles[slot] =
        sim_engine_arm(story->engine, entry.time, entry.node, entry.kind, entry.payload);
    story->handle_payloads[slot] = entry.payload;
}

static void step_cancel(struct story *story)
{
    uint64_t slot = draw(story, HANDLE_COUNT);
    bool was_pending = sim_engine_cancel(story->engine, story->handles[slot]);
    bool twin_was_pending =
        story->handles[slot] != 0 && twin_cancel(story->twin, story->handle_payloads[slot]);
    g_assert_cmpint(was_pending, ==, twin_was_pending);
}

static void step_next(struct story *story)
{
    sim_time until = SIM_NEVER;
    if (draw(story, 100) < story->mixture->pause_percent) {
        until = story->twin->now +
                (sim_time)draw(story, UINT64_C(1) << draw(story, story->mixture->delay_bits));
    }
    struct sim_event event;
    struct twin_entry entry = {0};
    bool has_event = sim_engine_next(story->engine, until, &event);
    g_assert_cmpint(has_event, ==, twin_next(story->twin, until, &entry));
    if (has_event) {
        g_assert_cmpint(event.time, ==, entry.time);
        g_assert_cmpuint(event.payload, ==, entry.payload);
        g_assert_cmpuint(event.node, ==, entry.node);
        g_assert_cmpuint(event.kind, ==, entry.kind);
    }
    g_assert_cmpint(sim_engine_now(story->engine), ==, story->twin->now);
}

static void check_books(const struct story *story)
{
    struct sim_engine_stats stats;
    sim_engine_get_stats(story->engine, &stats);
    g_assert_cmpuint(stats.scheduled, ==, story->twin->scheduled);
    g_assert_cmpuint(stats.delivered, ==, story->twin->delivered);
    g_assert_cmpuint(stats.cancelled, ==, story->twin->cancelled);
    g_assert_cmpuint(stats.dropped, ==, story->twin->dropped);
    g_assert_cmpuint(stats.pending, ==, story->twin->count);
}

static void step(struct story *story)
{
    const struct mixture *mixture = story->mixture;
    if (draw(story, 1000) < mixture->kill_permille) {
        uint32_t node = (uint32_t)draw(story, NODE_COUNT);
        sim_engine_kill(story->engine, node);
        twin_kill(story->twin, node);
        return;
    }
    if (draw(story, 100) < mixture->cancel_percent) {
        step_cancel(story);
        return;
    }
    if (draw(story, 100) < (story->twin->count < mixture->pending_aim ? 60u : 40u)) {
        step_post(story);
    } else {
        step_next(story);
    }
}

static void play(const struct mixture *mixture)
{
    struct story *story = g_new0(struct story, 1);
    story->mixture = mixture;
    story->random = mixture->seed;
    story->next_payload = 1;
    story->engine = sim_engine_new(NODE_COUNT, 0);
    story->twin = g_new0(struct twin, 1);
    for (uint32_t i = 0; i < mixture->steps; i++) {
        step(story);
        check_books(story);
    }
    struct sim_event event;
    struct twin_entry entry = {0};
    while (sim_engine_next(story->engine, SIM_NEVER, &event)) {
        g_assert_true(twin_next(story->twin, SIM_NEVER, &entry));
        g_assert_cmpuint(event.payload, ==, entry.payload);
    }
    g_assert_false(twin_next(story->twin, SIM_NEVER, &entry));
    check_books(story);
    sim_engine_free(story->engine);
    g_free(story->twin);
    g_free(story);
}

static void play_data(const void *data)
{
    play(data);
}

/* seed, steps, pending, delay bits, ties %, cancels %, kills per mille, pauses % */
static const struct mixture few = {101, 600000, 8, 20, 20, 5, 1, 10};
static const struct mixture front_sized = {102, 600000, 30, 24, 20, 5, 1, 10};
static const struct mixture ties_only = {103, 300000, 200, 6, 90, 5, 1, 20};
static const struct mixture wide_delays = {104, 600000, 500, 55, 10, 5, 1, 5};
static const struct mixture short_delays = {105, 500000, 1000, 10, 30, 2, 0, 5};
static const struct mixture cancels = {106, 300000, 800, 40, 10, 40, 2, 5};
static const struct mixture kills = {107, 300000, 400, 30, 10, 5, 30, 5};
static const struct mixture pauses = {108, 500000, 300, 22, 30, 5, 1, 80};
static const struct mixture many = {109, 100000, 12000, 34, 10, 1, 0, 5};

/* Many short stories of drawn mixtures: starts, ends and odd sizes. */
static void play_swarm(void)
{
    struct story dice = {.random = 110};
    for (int i = 0; i < 1500; i++) {
        struct mixture mixture = {
            .seed = 1000 + (uint64_t)i,
            .steps = 100 + (uint32_t)draw(&dice, 700),
            .pending_aim = 1 + (uint32_t)draw(&dice, UINT64_C(1) << draw(&dice, 9)),
            .delay_bits = 1 + (uint32_t)draw(&dice, 50),
            .tie_percent = (uint32_t)draw(&dice, 2) * (uint32_t)draw(&dice, 100),
            .cancel_percent = (uint32_t)draw(&dice, 2) * (uint32_t)draw(&dice, 60),
            .kill_permille = (uint32_t)draw(&dice, 2) * (uint32_t)draw(&dice, 50),
            .pause_percent = (uint32_t)draw(&dice, 2) * (uint32_t)draw(&dice, 100),
        };
        play(&mixture);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/queue-twin/few", &few, play_data);
    g_test_add_data_func("/queue-twin/front-sized", &front_sized, play_data);
    g_test_add_data_func("/queue-twin/ties-only", &ties_only, play_data);
    g_test_add_data_func("/queue-twin/wide-delays", &wide_delays, play_data);
    g_test_add_data_func("/queue-twin/short-delays", &short_delays, play_data);
    g_test_add_data_func("/queue-twin/cancels", &cancels, play_data);
    g_test_add_data_func("/queue-twin/kills", &kills, play_data);
    g_test_add_data_func("/queue-twin/pauses", &pauses, play_data);
    g_test_add_data_func("/queue-twin/many", &many, play_data);
    g_test_add_func("/queue-twin/swarm", play_swarm);
    return g_test_run();
}
