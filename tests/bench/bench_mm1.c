/* M/M/1 at 80 % load, the same draws and the same customers three ways: two events a customer on
 * the bare engine; the same program on a plain binary heap; and no events at all, Lindley's
 * recursion W' = max(0, W + S - A). All three record every wait and must agree on its sum to the
 * nanosecond.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/dist.h"
#include "base/random.h"
#include "base/time.h"
#include "bench.h"
#include "bench_heap.h"
#include "engine/engine.h"

#define CUSTOMERS UINT64_C(2000000)
#define REPETITIONS 9
#define QUEUE_ROOM 65536u /* a power of two, far beyond any queue at this load */

enum { KIND_ARRIVAL = 1, KIND_DEPARTURE = 2 };

struct laws {
    const struct sim_dist *gap;
    const struct sim_dist *service;
    struct sim_random gaps;
    struct sim_random services;
};

struct waits {
    uint64_t count;
    uint64_t sum_ns;
    sim_time max;
};

/* Customers in the system: arrival times of those who wait, oldest first. */
struct station {
    struct waits waits;
    uint64_t arrived;
    uint32_t head;
    uint32_t count;
    bool is_busy;
    sim_time arrivals[QUEUE_ROOM];
};

static struct laws laws_new(struct sim_arena *arena)
{
    const char *error = NULL;
    struct laws laws = {.gap = sim_dist_exponential(arena, 1e-3, &error),
                        .service = sim_dist_exponential(arena, 0.8e-3, &error)};
    sim_random_init(&laws.gaps, 1, "bench", "gap");
    sim_random_init(&laws.services, 1, "bench", "service");
    return laws;
}

static inline void waits_record(struct waits *waits, sim_time wait)
{
    waits->count++;
    waits->sum_ns += (uint64_t)wait;
    waits->max = wait > waits->max ? wait : waits->max;
}

static inline sim_time draw_gap(struct laws *laws)
{
    return sim_dist_draw_time(laws->gap, &laws->gaps);
}

static inline sim_time draw_service(struct laws *laws)
{
    return sim_dist_draw_time(laws->service, &laws->services);
}

/* A customer arrives: true when service starts at once. */
static inline bool station_enter(struct station *station, sim_time now)
{
    station->arrived++;
    if (!station->is_busy) {
        station->is_busy = true;
        waits_record(&station->waits, 0);
        return true;
    }
    sim_assert(station->count < QUEUE_ROOM);
    station->arrivals[(station->head + station->count) % QUEUE_ROOM] = now;
    station->count++;
    return false;
}

/* A customer leaves: true when the next one's service starts. */
static inline bool station_leave(struct station *station, sim_time now)
{
    if (station->count == 0) {
        station->is_busy = false;
        return false;
    }
    waits_record(&station->waits, now - station->arrivals[station->head]);
    station->head = (station->head + 1) % QUEUE_ROOM;
    station->count--;
    return true;
}

static struct waits run_engine(struct laws laws, struct station *station)
{
    struct sim_engine *engine = sim_engine_new(2, 0);
    sim_engine_post(engine, draw_gap(&laws), 0, KIND_ARRIVAL, 0);
    struct sim_event event;
    while (sim_engine_next(engine, SIM_NEVER, &event)) {
        bool is_start;
        if (event.kind == KIND_ARRIVAL) {
            is_start = station_enter(station, event.time);
            if (station->arrived < CUSTOMERS) {
                sim_engine_post(engine, event.time + draw_gap(&laws), 0, KIND_ARRIVAL,
                                station->arrived);
            }
        } else {
            is_start = station_leave(station, event.time);
        }
        if (is_start) {
            sim_engine_post(engine, event.time + draw_service(&laws), 1, KIND_DEPARTURE,
                            station->waits.count);
        }
    }
    sim_engine_free(engine);
    return station->waits;
}

static struct waits run_heap(struct laws laws, struct station *station)
{
    struct bench_heap heap = {0};
    bench_heap_push(&heap, draw_gap(&laws), 0, KIND_ARRIVAL, 0);
    struct bench_heap_entry event;
    while (bench_heap_pop(&heap, &event)) {
        bool is_start;
        if (event.kind == KIND_ARRIVAL) {
            is_start = station_enter(station, event.time);
            if (station->arrived < CUSTOMERS) {
                bench_heap_push(&heap, event.time + draw_gap(&laws), 0, KIND_ARRIVAL,
                                station->arrived);
            }
        } else {
            is_start = station_leave(station, event.time);
        }
        if (is_start) {
            bench_heap_push(&heap, event.time + draw_service(&laws), 1, KIND_DEPARTURE,
                            station->waits.count);
        }
    }
    free(heap.entries);
    return station->waits;
}

static struct waits run_recursion(struct laws laws, struct station *station)
{
    struct waits waits = {0};
    sim_time wait = 0;
    (void)station;
    draw_gap(&laws);
    for (uint64_t i = 0; i < CUSTOMERS; i++) {
        waits_record(&waits, wait);
        sim_time next = wait + draw_service(&laws) - draw_gap(&laws);
        wait = next > 0 ? next : 0;
    }
    return waits;
}

/* Nanoseconds a customer. */
static double time_run(struct waits (*run)(struct laws, struct station *), struct laws laws,
                       struct waits *ret_waits)
{
    struct station *station = calloc(1, sizeof *station);
    if (station == NULL) {
        abort();
    }
    double start = bench_seconds();
    *ret_waits = run(laws, station);
    double seconds = bench_seconds() - start;
    free(station);
    return 1e9 * seconds / (double)CUSTOMERS;
}

int main(void)
{
    struct sim_arena arena;
    sim_arena_init(&arena);
    struct laws laws = laws_new(&arena);
    double ours[REPETITIONS];
    double heap[REPETITIONS];
    double loop[REPETITIONS];
    struct waits waits[3];
    for (int i = 0; i < REPETITIONS; i++) {
        ours[i] = time_run(run_engine, laws, &waits[0]);
        heap[i] = time_run(run_heap, laws, &waits[1]);
        loop[i] = time_run(run_recursion, laws, &waits[2]);
        for (int j = 1; j < 3; j++) {
            if (waits[j].sum_ns != waits[0].sum_ns || waits[j].max != waits[0].max) {
                fprintf(stderr, "bench_mm1: program %d records other waits\n", j);
                return 1;
            }
        }
    }
    fprintf(stderr, "mean wait %.6f ms, theory 3.2\n",
            1e-6 * (double)waits[0].sum_ns / (double)waits[0].count);
    bench_row("mm1.engine", 1e3 / bench_median(ours, REPETITIONS), "million customers/s",
              bench_ratio(heap, ours, REPETITIONS), "times as fast as heap");
    bench_row("mm1.heap", 1e3 / bench_median(heap, REPETITIONS), "million customers/s", 1.0,
              "itself");
    bench_row("mm1.recursion", 1e3 / bench_median(loop, REPETITIONS), "million customers/s",
              bench_ratio(ours, loop, REPETITIONS), "times as fast as engine");
    sim_arena_clear(&arena);
    return 0;
}
