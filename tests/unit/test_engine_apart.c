/* Two engines in one process cannot affect one another: interleaved in one thread in any ratio, or
 * in two threads at once, each gives the digest that it gives alone; so does one run after another.
 * This is what would break if the engine kept any state outside its own struct.
 */
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/random.h"
#include "engine/engine.h"

#define NODE_COUNT 16u
#define STEPS 60000u

/* A busy little run: events beget events, timers are armed and cancelled, nodes die. */
struct run {
    struct sim_engine *engine;
    struct sim_random random;
    sim_timer timers[64];
    uint32_t steps;
};

static struct run *run_new(uint64_t seed)
{
    struct run *run = g_new0(struct run, 1);
    run->engine = sim_engine_new(NODE_COUNT, 0);
    sim_random_init(&run->random, seed, "run", "test");
    for (uint64_t i = 0; i < 40 + seed * 300; i++) {
        sim_engine_post(run->engine, (sim_time)(i * 1000), (uint32_t)(i % NODE_COUNT), 0, i);
    }
    return run;
}

static sim_time run_later(struct run *run)
{
    uint64_t magnitude = sim_random_below(&run->random, 34);
    return sim_engine_now(run->engine) +
           (sim_time)sim_random_below(&run->random, UINT64_C(1) << magnitude);
}

/* One event and what follows from it; false when the run is over. */
static bool run_step(struct run *run)
{
    struct sim_event event;
    if (run->steps == STEPS || !sim_engine_next(run->engine, SIM_NEVER, &event)) {
        return false;
    }
    run->steps++;
    uint32_t node = (uint32_t)sim_random_below(&run->random, NODE_COUNT);
    uint64_t slot = sim_random_below(&run->random, G_N_ELEMENTS(run->timers));
    if (sim_random_chance(&run->random, 0.3)) {
        sim_engine_note(run->engine, sim_engine_cancel(run->engine, run->timers[slot]));
        run->timers[slot] = sim_engine_arm(run->engine, run_later(run), node, 1, run->timers[slot]);
    }
    if (sim_random_chance(&run->random, 0.001)) {
        sim_engine_kill(run->engine, node);
    }
    uint64_t children = sim_random_below(&run->random, 3);
    for (uint64_t i = 0; i < children + (run->steps % 50 == 0 ? 4 : 0); i++) {
        sim_engine_post(run->engine, run_later(run), node, 2, event.payload + i);
    }
    return true;
}

static uint64_t run_free(struct run *run)
{
    g_assert_cmpuint(run->steps, >, 1000); /* it did something */
    uint64_t digest = sim_engine_digest(run->engine);
    sim_engine_free(run->engine);
    g_free(run);
    return digest;
}

static uint64_t digest_alone(uint64_t seed)
{
    struct run *run = run_new(seed);
    while (run_step(run)) {
    }
    return run_free(run);
}

static void test_one_after_another(void)
{
    uint64_t first = digest_alone(1);
    uint64_t second = digest_alone(2);
    g_assert_cmphex(first, !=, second);
    g_assert_cmphex(digest_alone(2), ==, second);
    g_assert_cmphex(digest_alone(1), ==, first);
}

static void test_interleaved(void)
{
    uint64_t first = digest_alone(1);
    uint64_t second = digest_alone(2);
    for (uint32_t ratio = 1; ratio <= 100; ratio *= 10) {
        struct run *a = run_new(1);
        struct run *b = run_new(2);
        bool is_going = true;
        while (is_going) {
            is_going = run_step(a);
            for (uint32_t i = 0; i < ratio; i++) {
                is_going |= run_step(b);
            }
        }
        g_assert_cmphex(run_free(a), ==, first);
        g_assert_cmphex(run_free(b), ==, second);
    }
}

static void *thread_main(void *data)
{
    *(uint64_t *)data = digest_alone(*(uint64_t *)data);
    return NULL;
}

static void test_two_threads(void)
{
    uint64_t first = digest_alone(1);
    uint64_t second = digest_alone(2);
    for (int i = 0; i < 3; i++) {
        uint64_t a = 1;
        uint64_t b = 2;
        GThread *thread_a = g_thread_new("a", thread_main, &a);
        GThread *thread_b = g_thread_new("b", thread_main, &b);
        g_thread_join(thread_a);
        g_thread_join(thread_b);
        g_assert_cmphex(a, ==, first);
        g_assert_cmphex(b, ==, second);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine-apart/one-after-another", test_one_after_another);
    g_test_add_func("/engine-apart/interleaved", test_interleaved);
    g_test_add_func("/engine-apart/two-threads", test_two_threads);
    return g_test_run();
}
