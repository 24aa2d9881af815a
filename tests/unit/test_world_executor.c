/* The executor beside a naive twin: jobs that share servers, integrated step by step. Two nodes may
 * live on one machine; a station that shares its own servers is held to them as well as to the
 * cores.
 *
 * The twin knows no virtual clock. It keeps the work that is left of every job, gives each its
 * share of every stretch between two happenings, and looks through all of them for whoever is done
 * next.
 */
#include "probe.h"

#define JOBS_MAX 64

struct twin_job {
    double arrives, left, ended;
    uint32_t node;
    bool is_in;
};

struct twin {
    struct twin_job jobs[JOBS_MAX];
    uint32_t count;
    double servers;
    double own[2]; /* servers of each node's station */
    double now;
    double speed[2];
};

/* Work per ns that each job of a node gets: at most one server, and its part of its station's, and
 * a level for all that gives away as many cores as there are. */
static double rate_of(const struct twin *twin, uint32_t node)
{
    double present[2] = {0, 0}, most[2], low = 0, high = 1;
    for (uint32_t i = 0; i < twin->count; i++) {
        uint32_t at = twin->jobs[i].node;
        present[at] += twin->jobs[i].is_in && twin->speed[at] > 0;
    }
    for (uint32_t i = 0; i < 2; i++) {
        most[i] = present[i] <= twin->own[i] ? 1 : twin->own[i] / present[i];
    }
    for (int halving = 0; halving < 60; halving++) {
        double level = (low + high) / 2, given = 0;
        for (uint32_t i = 0; i < 2; i++) {
            given += present[i] * (most[i] < level ? most[i] : level);
        }
        *(given <= twin->servers ? &low : &high) = level;
    }
    return (most[node] < high ? most[node] : high) * twin->speed[node];
}

/* Lets `to` come, and everyone finish who is done by then. */
static void twin_run(struct twin *twin, double to)
{
    for (;;) {
        double step = to - twin->now;
        for (uint32_t i = 0; i < twin->count; i++) {
            const struct twin_job *job = &twin->jobs[i];
            double rate = rate_of(twin, job->node);
            if (job->is_in && rate > 0 && job->left / rate < step) {
                step = job->left / rate;
            }
        }
        double rates[2] = {rate_of(twin, 0), rate_of(twin, 1)};
        twin->now += step;
        bool is_over = true;
        for (uint32_t i = 0; i < twin->count; i++) {
            struct twin_job *job = &twin->jobs[i];
            if (job->is_in) {
                job->left -= step * rates[job->node];
                if (job->left < 1e-3) {
                    job->is_in = false;
                    job->ended = twin->now;
                    is_over = false;
                }
            }
        }
        if (is_over && twin->now >= to - 1e-6) {
            twin->now = to;
            return;
        }
    }
}

struct pair {
    struct fixture f;
    struct probe p;
    struct twin twin;
    struct sim_random random;
};

static void pair_begin(struct pair *pair, uint64_t seed, int64_t cores, bool is_sharing)
{
    *pair = (struct pair){.p.station = {.servers = is_sharing ? cores : 1000,
                                        .queue_limit = -1,
                                        .discipline = is_sharing ? SIM_PROCESSOR_SHARING : SIM_FIFO,
                                        .busy_metric = PROBE_BUSY,
                                        .queued_metric = PROBE_QUEUED,
                                        .wait_metric = PROBE_WAIT},
                          .twin = {.servers = (double)cores, .own = {1000, 1000}, .speed = {1, 1}}};
    sim_random_init(&pair->random, seed, "executor", "twin");
    fixture_init(&pair->f, s(1));
    probe_add(&pair->f, &pair->p, "n", is_sharing ? 1 : 2);
    if (!is_sharing) {
        fixture_share_machine(&pair->f, "n");
        fixture_machine(&pair->f, 1)->cores = cores;
    }
    fixture_start(&pair->f);
    fixture_run_until(&pair->f, 0);
}

static void pair_work(struct pair *pair, uint32_t node, sim_time work)
{
    struct twin *twin = &pair->twin;
    struct sim_node *self = sim_world_node(pair->f.world, node + 1);
    struct probe_state *state = sim_state(self);
    g_assert_true(sim_station_work(self, state->station, work, 0, 0, twin->count));
    twin->jobs[twin->count++] =
        (struct twin_job){.arrives = twin->now, .left = (double)work, .node = node, .is_in = true};
}

/* Two stations of `own` servers each that share them, and the cores of one machine. */
static void pair_begin_within(struct pair *pair, uint64_t seed, int64_t cores, const int64_t *own)
{
    pair_begin(pair, seed, cores, false);
    for (uint32_t node = 0; node < 2; node++) {
        struct sim_node *self = sim_world_node(pair->f.world, node + 1);
        struct probe_state *state = sim_state(self);
        pair->p.station.servers = own[node];
        pair->p.station.discipline = own[node] < 1000 ? SIM_PROCESSOR_SHARING : SIM_FIFO;
        state->station = sim_station_new(self, &pair->p.station);
        pair->twin.own[node] = (double)own[node];
    }
}

/* Pauses or releases a node, or changes its speed. */
static void pair_disturb(struct pair *pair, uint32_t node, bool *is_paused)
{
    *is_paused = !*is_paused;
    sim_world_pause(pair->f.world, node + 1, *is_paused);
    pair->twin.speed[node] = *is_paused ? 0 : 1;
}

static void pair_check(struct pair *pair)
{
    struct twin *twin = &pair->twin;
    g_assert_cmpuint(probe_count(&pair->p, SIM_IN_DONE), ==, twin->count);
    for (uint32_t i = 0; i < twin->count; i++) {
        const struct probe_seen *seen = probe_nth(&pair->p, SIM_IN_DONE, i);
        double late = (double)seen->time - twin->jobs[seen->tag].ended;
        /* Ends are rounded up to a nanosecond, and each of a dozen interruptions may round what is
         * left by half of one, which then takes up to 64 times as long. */
        g_assert_cmpfloat(late, >, -500);
        g_assert_cmpfloat(late, <, 500);
    }
}

/* Sets a twin up by its seed: servers that are shared, or two nodes that share cores, which may be
 * held to servers of their own. */
static bool pair_begin_some(struct pair *pair, uint64_t seed)
{
    bool is_sharing = seed % 3 == 0;
    int64_t cores = 1 + (int64_t)(seed % 4);
    if (is_sharing || seed % 2 == 0) {
        pair_begin(pair, seed, cores, is_sharing);
    } else {
        int64_t own[2] = {1 + (int64_t)(seed / 4 % 4),
                          seed / 16 % 2 == 0 ? 1000 : 1 + (int64_t)(seed / 32 % 4)};
        pair_begin_within(pair, seed, cores, own);
    }
    return is_sharing;
}

static void pair_run(uint64_t seed)
{
    struct pair pair;
    bool is_paused[2] = {false, false};
    bool is_sharing = pair_begin_some(&pair, seed);
    double gap = (double)(100 + sim_random_below(&pair.random, 20000));
    sim_time now = 0;
    while (pair.twin.count < JOBS_MAX) {
        now += (sim_time)sim_random_below(&pair.random, (uint64_t)gap) * 1000;
        fixture_run_until(&pair.f, now);
        twin_run(&pair.twin, (double)now);
        uint32_t node = is_sharing ? 0 : (uint32_t)sim_random_below(&pair.random, 2);
        if (sim_random_below(&pair.random, 8) == 0) {
            pair_disturb(&pair, node, &is_paused[node]);
        } else if (!is_paused[node]) {
            pair_work(&pair, node, (sim_time)sim_random_below(&pair.random, 20000000));
        }
    }
    for (uint32_t node = 0; node < 2; node++) {
        if (is_paused[node]) {
            pair_disturb(&pair, node, &is_paused[node]);
        }
    }
    fixture_run_until(&pair.f, s(100));
    twin_run(&pair.twin, 100e9);
    pair_check(&pair);
    fixture_clear(&pair.f);
    probe_clear(&pair.p);
}

static void test_twin(void)
{
    for (uint64_t seed = 1; seed <= 800; seed++) {
        pair_run(seed);
    }
}

/* All jobs of a busy day end where arithmetic says: n equal jobs on c servers, for all small n, c,
 * to the nanosecond where that is a whole one. */
static void test_equal_jobs(void)
{
    for (int64_t servers = 1; servers <= 8; servers++) {
        for (uint64_t n = 1; n <= 24; n++) {
            struct pair pair;
            pair_begin(&pair, 1, servers, true);
            const sim_time work = 840; /* divisible by 1 .. 8 */
            for (uint64_t i = 0; i < n; i++) {
                pair_work(&pair, 0, work);
            }
            fixture_run_until(&pair.f, s(1));
            sim_time ends =
                (int64_t)n <= servers ? work : (work * (int64_t)n + servers - 1) / servers;
            for (uint32_t i = 0; i < n; i++) {
                probe_at(&pair.p, SIM_IN_DONE, i, ends);
            }
            fixture_clear(&pair.f);
            probe_clear(&pair.p);
        }
    }
}

/* Three jobs that come and go at multiples of 6^7 ns: every share comes out even, and every end is
 * the exact nanosecond. */
static void test_even_shares(void)
{
    const uint64_t unit = 279936;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct pair pair;
        pair_begin(&pair, seed, 1, true);
        sim_time now = 0;
        for (int i = 0; i < 3; i++) {
            now += (sim_time)(unit * sim_random_below(&pair.random, 20));
            fixture_run_until(&pair.f, now);
            twin_run(&pair.twin, (double)now);
            pair_work(&pair, 0, (sim_time)(unit * (1 + sim_random_below(&pair.random, 30))));
        }
        fixture_run_until(&pair.f, s(10));
        twin_run(&pair.twin, 10e9);
        for (uint32_t i = 0; i < 3; i++) {
            const struct probe_seen *seen = probe_nth(&pair.p, SIM_IN_DONE, i);
            g_assert_cmpint(seen->time, ==, (sim_time)(pair.twin.jobs[seen->tag].ended + 0.5));
        }
        fixture_clear(&pair.f);
        probe_clear(&pair.p);
    }
}

/* With at most 8 jobs, and all that happens at whole nanoseconds, what each has got is a whole
 * number of 840ths of a nanosecond: counted in those, ends are exact, and so must they be in the
 * executor, whose rounding may not cost anyone a nanosecond. */
#define PARTS 840

struct exact_job {
    int64_t finish; /* in parts, of what each job present has got */
    sim_time ended;
    bool is_in;
};

struct exact {
    struct exact_job jobs[JOBS_MAX];
    int64_t count, present, clock;
    sim_time now;
};

/* Lets time pass to the next end, or to `to` if that comes first. */
static bool exact_step(struct exact *exact, sim_time to)
{
    int64_t first = -1;
    for (int64_t i = 0; i < exact->count; i++) {
        if (exact->jobs[i].is_in &&
            (first < 0 || exact->jobs[i].finish < exact->jobs[first].finish)) {
            first = i;
        }
    }
    int64_t left = first < 0 ? 0 : exact->jobs[first].finish - exact->clock;
    left = left > 0 ? left : 0;
    sim_time end = exact->now + (left * exact->present + PARTS - 1) / PARTS;
    bool is_end = first >= 0 && end <= to;
    sim_time then = is_end ? end : to;
    exact->clock += exact->present == 0 ? 0 : (then - exact->now) * PARTS / exact->present;
    exact->now = then;
    if (is_end) {
        exact->jobs[first].is_in = false;
        exact->jobs[first].ended = end;
        exact->present--;
    }
    return is_end;
}

static void exact_run(struct exact *exact, sim_time to)
{
    while (exact_step(exact, to)) {
    }
}

static void test_exact(void)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct pair pair;
        struct exact exact = {0};
        pair_begin(&pair, seed, 1, true);
        sim_time scale = seed % 2 == 0 ? 10 : 100000;
        while (exact.count < JOBS_MAX) {
            sim_time to = exact.now + (sim_time)sim_random_below(&pair.random, (uint64_t)scale);
            fixture_run_until(&pair.f, to);
            exact_run(&exact, to);
            if (exact.present < 8) {
                sim_time work = (sim_time)sim_random_below(&pair.random, (uint64_t)scale);
                pair_work(&pair, 0, work);
                exact.jobs[exact.count++] =
                    (struct exact_job){.finish = exact.clock + work * PARTS, .is_in = true};
                exact.present++;
            }
        }
        fixture_run_until(&pair.f, s(1));
        exact_run(&exact, s(1));
        for (uint32_t i = 0; i < JOBS_MAX; i++) {
            const struct probe_seen *seen = probe_nth(&pair.p, SIM_IN_DONE, i);
            g_assert_cmpint(seen->time, ==, exact.jobs[seen->tag].ended);
        }
        fixture_clear(&pair.f);
        probe_clear(&pair.p);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/executor/twin", test_twin);
    g_test_add_func("/executor/equal-jobs", test_equal_jobs);
    g_test_add_func("/executor/even-shares", test_even_shares);
    g_test_add_func("/executor/exact", test_exact);
    return g_test_run();
}
