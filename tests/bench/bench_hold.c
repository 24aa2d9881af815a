/* The hold model (Jones, CACM 29(4), 1986): a queue of constant length; each step takes the first
 * event and schedules one an exponential increment later. Time per event, through the real engine
 * (incarnations, timers, digest, books and asserts on), beside a plain binary heap that only
 * orders. Both pay for the same draw, whose own cost is the row hold.draw.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/math.h"
#include "base/random.h"
#include "base/time.h"
#include "bench.h"
#include "bench_heap.h"
#include "engine/engine.h"

#define NODE_COUNT 1000u
#define REPETITIONS 9

static volatile uint64_t sink;

static sim_time draw(struct sim_random *random)
{
    return (sim_time)(-1e9 * sim_log(sim_random_unit(random)));
}

static double time_draws(uint64_t count)
{
    struct sim_random random;
    sim_random_init(&random, 1, "bench", "draw");
    uint64_t sum = 0;
    double start = bench_seconds();
    for (uint64_t i = 0; i < count; i++) {
        sum += (uint64_t)draw(&random);
    }
    sink = sum;
    return bench_seconds() - start;
}

static double time_engine(struct sim_engine *engine, struct sim_random *random, uint64_t count)
{
    struct sim_event event;
    double start = bench_seconds();
    for (uint64_t i = 0; i < count && sim_engine_next(engine, SIM_NEVER, &event); i++) {
        sim_engine_post(engine, sim_engine_now(engine) + draw(random), event.node, event.kind,
                        event.payload);
    }
    return bench_seconds() - start;
}

static double time_engine_timers(struct sim_engine *engine, struct sim_random *random,
                                 uint64_t count)
{
    struct sim_event event;
    sim_timer timeout = 0;
    double start = bench_seconds();
    for (uint64_t i = 0; i < count && sim_engine_next(engine, SIM_NEVER, &event); i++) {
        sim_engine_cancel(engine, timeout);
        timeout = sim_engine_arm(engine, sim_engine_now(engine) + SIM_SECOND, event.node, 2, i);
        sim_engine_post(engine, sim_engine_now(engine) + draw(random), event.node, event.kind,
                        event.payload);
    }
    return bench_seconds() - start;
}

static double time_heap(struct bench_heap *heap, struct sim_random *random, uint64_t count)
{
    struct bench_heap_entry entry;
    double start = bench_seconds();
    for (uint64_t i = 0; i < count && bench_heap_pop(heap, &entry); i++) {
        bench_heap_push(heap, entry.time + draw(random), entry.node, entry.kind, entry.payload);
    }
    return bench_seconds() - start;
}

static struct sim_engine *engine_filled(uint64_t pending, struct sim_random *random)
{
    struct sim_engine *engine = sim_engine_new(NODE_COUNT, 0);
    for (uint64_t i = 0; i < pending; i++) {
        sim_engine_post(engine, draw(random), (uint32_t)(i % NODE_COUNT), 1, i);
    }
    return engine;
}

static void compare(const char *label, uint64_t pending, uint64_t count)
{
    struct sim_random random[3];
    for (int i = 0; i < 3; i++) {
        sim_random_init(&random[i], 1, "bench", "hold");
    }
    struct sim_engine *engine = engine_filled(pending, &random[0]);
    struct sim_engine *timers = engine_filled(pending, &random[1]);
    struct bench_heap heap = {0};
    for (uint64_t i = 0; i < pending; i++) {
        bench_heap_push(&heap, draw(&random[2]), (uint32_t)(i % NODE_COUNT), 1, i);
    }
    double ours[REPETITIONS];
    double ours_timers[REPETITIONS];
    double theirs[REPETITIONS];
    time_engine(engine, &random[0], 2 * pending);
    time_engine_timers(timers, &random[1], 2 * pending);
    time_heap(&heap, &random[2], 2 * pending);
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = 1e9 * time_engine(engine, &random[0], count) / (double)count;
        theirs[i] = 1e9 * time_heap(&heap, &random[2], count) / (double)count;
        ours_timers[i] = 1e9 * time_engine_timers(timers, &random[1], count) / (double)count;
    }
    char name[64];
    snprintf(name, sizeof name, "hold.engine.%s", label);
    bench_row(name, bench_median(ours, REPETITIONS), "ns/event",
              bench_ratio(theirs, ours, REPETITIONS), "times as fast as heap");
    snprintf(name, sizeof name, "hold.engine_timeout.%s", label);
    bench_row(name, bench_median(ours_timers, REPETITIONS), "ns/event",
              bench_ratio(theirs, ours_timers, REPETITIONS), "times as fast as heap without");
    snprintf(name, sizeof name, "hold.heap.%s", label);
    bench_row(name, bench_median(theirs, REPETITIONS), "ns/event", 1.0, "itself");
    sim_engine_free(engine);
    sim_engine_free(timers);
    free(heap.entries);
}

/* Without arguments all sizes; otherwise those named, such as 1e4. */
int main(int argc, char **argv)
{
    static const struct {
        const char *label;
        uint64_t pending;
    } sizes[] = {{"1e1", 10},    {"1e2", 100},    {"1e3", 1000},
                 {"1e4", 10000}, {"1e5", 100000}, {"1e6", 1000000}};
    double draws[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        draws[i] = 1e9 * time_draws(1000000) / 1e6;
    }
    bench_row("hold.draw", bench_median(draws, REPETITIONS), "ns/draw", 1.0, "itself");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bool is_wanted = argc == 1;
        for (int j = 1; j < argc; j++) {
            is_wanted = is_wanted || strcmp(argv[j], sizes[i].label) == 0;
        }
        if (is_wanted) {
            compare(sizes[i].label, sizes[i].pending, 1000000);
        }
    }
    return 0;
}
