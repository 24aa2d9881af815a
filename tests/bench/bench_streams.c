/* A million open streams: memory of each, and items a second pushed over all of them.
 *
 * One node opens them to another, which pushes an item on each in turn. The yardstick is a plain
 * loop over an array of as many counters in the same (shuffled) order: what memory alone costs.
 */
#include <glib.h>
#include <inttypes.h>

#include "bench.h"
#include "fixture.h"
#include "sim.h"

#define STREAM_COUNT 1000000u
#define ROUNDS 5u

struct hub_state {
    sim_stream *streams;
    uint32_t count;
};

static void hub_push(struct sim_node *self)
{
    struct hub_state *state = sim_state(self);
    for (uint32_t i = 0; i < state->count; i++) {
        sim_stream_send(self, state->streams[i], (struct sim_item){.key = i}, 100);
    }
}

static void hub_handle(struct sim_node *self, const struct sim_input *in)
{
    struct hub_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        state->streams = sim_alloc(self, STREAM_COUNT * sizeof *state->streams);
        for (uint32_t round = 1; round <= ROUNDS; round++) {
            sim_after(self, round * SIM_SECOND, 0, round);
        }
    } else if (in->kind == SIM_IN_STREAM_OPENED) {
        state->streams[state->count++] = in->stream;
    } else if (in->kind == SIM_IN_TIMER) {
        hub_push(self);
    }
}

struct crowd_state {
    uint64_t items;
};

static void crowd_handle(struct sim_node *self, const struct sim_input *in)
{
    struct crowd_state *state = sim_state(self);
    if (in->kind == SIM_IN_START) {
        for (uint32_t i = 0; i < STREAM_COUNT; i++) {
            sim_stream_open(self, 2, i, ROUNDS);
        }
    } else if (in->kind == SIM_IN_STREAM_ITEM) {
        state->items++;
    }
}

static const char *const hub_timers[] = {"push", NULL};

static const struct sim_model hub = {
    .abi = SIM_MODEL_ABI,
    .name = "hub",
    .state_size = sizeof(struct hub_state),
    .handle = hub_handle,
    .timers = hub_timers,
};

static const struct sim_model crowd = {
    .abi = SIM_MODEL_ABI,
    .name = "crowd",
    .state_size = sizeof(struct crowd_state),
    .handle = crowd_handle,
};

/* Seconds to touch `count` counters of 64 bytes each, ROUNDS times. */
static double plain_seconds(void)
{
    size_t stride = 8;
    uint64_t *counters = g_new0(uint64_t, stride * STREAM_COUNT);
    double start = bench_seconds();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < STREAM_COUNT; i++) {
            counters[stride * i] += i;
        }
    }
    double taken = bench_seconds() - start;
    if (counters[stride * 7] != 7u * ROUNDS) {
        exit(1);
    }
    g_free(counters);
    return taken;
}

int main(void)
{
    struct fixture f;
    fixture_init(&f, s(ROUNDS + 1));
    fixture_add_node(&f, "crowd", &crowd, NULL);
    fixture_add_node(&f, "hub", &hub, NULL);
    fixture_link_latency(&f, ms(1));
    fixture_start(&f);
    double before = bench_resident_bytes();
    fixture_run_until(&f, ms(500));
    /* The opening notes are gone by now; their pool is part of what the streams need. */
    double bytes =
        (bench_resident_bytes() - before - STREAM_COUNT * sizeof(sim_stream)) / STREAM_COUNT;
    double start = bench_seconds();
    fixture_run_until(&f, s(ROUNDS + 0.5));
    double taken = bench_seconds() - start;
    const struct crowd_state *state = sim_state(sim_world_node(f.world, 1));
    if (state->items != (uint64_t)ROUNDS * STREAM_COUNT) {
        fprintf(stderr, "bench_streams: %" PRIu64 " items arrived\n", state->items);
        return 1;
    }
    double items = (double)state->items;
    bench_row("streams.million.memory", bytes, "bytes each", bytes / 64, "times 64 bytes");
    bench_row("streams.million.items", items / taken / 1e6, "million items/s",
              plain_seconds() / taken, "times a plain loop");
    fixture_clear(&f);
    return 0;
}
