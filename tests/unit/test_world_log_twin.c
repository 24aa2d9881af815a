/* Logs beside a naive twin that keeps every version of the file that was ever asked to be durable.
 *
 * The twin is a list of whole copies: an fsync that completes makes the copy of its asking the one
 * on disk, unless a later one is there already. A crash brings back the copy on disk. Whatever
 * sim_log_durable says would survive must then be there, word for word.
 */
#include <string.h>

#include "probe.h"

#define LOG_MAX 400u
#define SYNCS_MAX 400u

struct copy {
    uint64_t begin, end;
    uint64_t values[LOG_MAX];
};

struct twin {
    struct copy seen, disk;
    struct copy *asked; /* by tag */
    uint32_t asked_count;
    uint32_t on_disk; /* tag + 1 of the copy on disk */
};

struct pair {
    struct fixture f;
    struct probe p;
    struct sim_random random;
    struct twin twin;
    uint64_t next_value;
};

static uint64_t below(struct pair *pair, uint64_t n)
{
    return sim_random_below(&pair->random, n);
}

static void on(struct sim_node *self, const struct sim_input *in, struct probe *probe)
{
    struct twin *twin = &((struct pair *)probe->data)->twin;
    (void)self;
    if (in->kind == SIM_IN_SYNCED && in->tag + 1 > twin->on_disk) {
        twin->on_disk = (uint32_t)in->tag + 1;
        twin->disk = twin->asked[in->tag];
    }
}

static void same(struct sim_node *node, const struct copy *copy)
{
    g_assert_cmpuint(sim_log_begin(node, 0), ==, copy->begin);
    g_assert_cmpuint(sim_log_end(node, 0), ==, copy->end);
    for (uint64_t i = copy->begin; i < copy->end; i++) {
        g_assert_cmpuint(sim_log_at(node, 0, i)->words[0], ==, copy->values[i - copy->begin]);
    }
}

/* What would survive: the records of `seen` that are on disk as they are, up to the first that is
 * not. */
static uint64_t surviving(const struct twin *twin)
{
    uint64_t i = twin->seen.begin > twin->disk.begin ? twin->seen.begin : twin->disk.begin;
    while (i < twin->seen.end && i < twin->disk.end &&
           twin->seen.values[i - twin->seen.begin] == twin->disk.values[i - twin->disk.begin]) {
        i++;
    }
    return i;
}

static void check(struct pair *pair, struct sim_node *node)
{
    const struct twin *twin = &pair->twin;
    same(node, &twin->seen);
    uint64_t durable = sim_log_durable(node, 0);
    g_assert_cmpuint(durable, <=, surviving(twin)); /* never overclaims */
    g_assert_cmpuint(durable, <=, twin->seen.end);
    /* Nor less, when nothing has happened since a sync that completed. */
    if (twin->on_disk > 0 && twin->on_disk == twin->asked_count &&
        memcmp(&twin->seen, &twin->disk, sizeof twin->seen) == 0) {
        g_assert_cmpuint(durable, ==, twin->seen.end);
    }
}

static void step(struct pair *pair, struct sim_node *node)
{
    struct twin *twin = &pair->twin;
    struct copy *seen = &twin->seen;
    uint64_t span = seen->end - seen->begin;
    switch (below(pair, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        if (span < LOG_MAX) {
            struct sim_log_record record = {.words = {++pair->next_value}, .bytes = 10};
            g_assert_cmpuint(sim_log_append(node, 0, &record), ==, seen->end);
            seen->values[span] = pair->next_value;
            seen->end++;
        }
        break;
    case 5:
        seen->end -= below(pair, span < 4 ? span + 1 : 4);
        memset(seen->values + (seen->end - seen->begin), 0,
               (size_t)(seen->begin + span - seen->end) * sizeof seen->values[0]);
        sim_log_truncate(node, 0, seen->end);
        break;
    case 6: {
        uint64_t by = below(pair, span < 4 ? span + 1 : 4);
        memmove(seen->values, seen->values + by, (span - by) * sizeof seen->values[0]);
        memset(seen->values + span - by, 0, by * sizeof seen->values[0]);
        seen->begin += by;
        sim_log_forget(node, 0, seen->begin);
        break;
    }
    case 7:
    case 8:
    case 9:
        if (twin->asked_count < SYNCS_MAX) {
            twin->asked[twin->asked_count] = *seen;
            sim_log_sync(node, 0, NULL, 0, twin->asked_count++);
        }
        break;
    case 10:
        fixture_run_until(&pair->f, sim_world_now(pair->f.world) + (sim_time)below(pair, 10000));
        break;
    default:
        if (below(pair, 8) == 0) {
            sim_world_crash(pair->f.world, 1, false);
            sim_world_restart(pair->f.world, 1);
            fixture_run_until(&pair->f, sim_world_now(pair->f.world));
            *seen = twin->disk;
            g_assert_cmpuint(sim_log_durable(node, 0), ==, seen->end);
        }
        break;
    }
}

static void pair_run(uint64_t seed)
{
    struct pair *pair = g_new0(struct pair, 1);
    sim_random_init(&pair->random, seed, "log", "twin");
    pair->p = (struct probe){.on = on, .data = pair, .forgets = true};
    pair->twin.asked = g_new0(struct copy, SYNCS_MAX);
    fixture_init(&pair->f, s(100));
    pair->f.options.seed = seed;
    probe_add(&pair->f, &pair->p, "n", 1);
    struct sim_disk_spec *disk = &fixture_machine(&pair->f, 1)->disk;
    *disk = (struct sim_disk_spec){.is_given = true,
                                   .fsync = fixture_law(&pair->f, "exponential(us(5))"),
                                   .queue_depth = 1 + (int64_t)below(pair, 4)};
    fixture_start(&pair->f);
    fixture_run_until(&pair->f, 0);
    struct sim_node *node = sim_world_node(pair->f.world, 1);
    for (int i = 0; i < 400; i++) {
        step(pair, node);
        check(pair, node);
    }
    fixture_clear(&pair->f);
    probe_clear(&pair->p);
    g_free(pair->twin.asked);
    g_free(pair);
}

static void test_twin(void)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        pair_run(seed);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/twin", test_twin);
    return g_test_run();
}
