/* The digest changes with every field and with order, has no collision among the small numbers that
 * occur, and is the same number on every machine. */
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "engine/engine.h"

/* The digest after the given events, one after another, each the only one pending. */
static uint64_t digest_of(const struct sim_event *events, size_t count)
{
    struct sim_engine *engine = sim_engine_new(10, 0);
    for (size_t i = 0; i < count; i++) {
        sim_engine_post(engine, events[i].time, events[i].node, events[i].kind, events[i].payload);
        struct sim_event event;
        g_assert_true(sim_engine_next(engine, SIM_NEVER, &event));
    }
    uint64_t digest = sim_engine_digest(engine);
    sim_engine_free(engine);
    return digest;
}

static void test_digest_sees_every_field(void)
{
    const struct sim_event base[2] = {{.time = 5, .node = 1, .kind = 2, .payload = 3},
                                      {.time = 5, .node = 4, .kind = 5, .payload = 6}};
    uint64_t expected = digest_of(base, 2);
    g_assert_cmpuint(digest_of(base, 2), ==, expected);
    g_assert_cmpuint(digest_of(base, 1), !=, expected);
    for (int field = 0; field < 5; field++) {
        struct sim_event changed[2];
        memcpy(changed, base, sizeof changed);
        switch (field) {
        case 0:
            changed[0].time = 4;
            break;
        case 1:
            changed[0].node = 2;
            break;
        case 2:
            changed[0].kind = 3;
            break;
        case 3:
            changed[0].payload = 4;
            break;
        default:
            changed[0] = base[1];
            changed[1] = base[0];
            break;
        }
        g_assert_cmpuint(digest_of(changed, 2), !=, expected);
    }
}

/* Small numbers, the ones that occur, in every field: no two digests alike. */
static void test_digest_has_no_easy_collision(void)
{
    GHashTable *seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (uint32_t i = 0; i < 10000; i++) {
        struct sim_event event = {.time = (sim_time)(i / 1000),
                                  .node = i / 100 % 10,
                                  .kind = (uint16_t)(i / 10 % 10),
                                  .payload = i % 10};
        int64_t digest = (int64_t)digest_of(&event, 1);
        g_assert_true(g_hash_table_add(seen, g_memdup2(&digest, sizeof digest)));
    }
    g_hash_table_unref(seen);
}

static void test_note_enters_the_digest(void)
{
    struct sim_engine *a = sim_engine_new(1, 0);
    struct sim_engine *b = sim_engine_new(1, 0);
    sim_engine_note(a, 1);
    sim_engine_note(a, 2);
    sim_engine_note(b, 2);
    g_assert_cmpuint(sim_engine_digest(a), !=, sim_engine_digest(b));
    sim_engine_note(b, 1);
    g_assert_cmpuint(sim_engine_digest(a), !=, sim_engine_digest(b));
    sim_engine_free(a);
    sim_engine_free(b);
}

/* A value that every machine must give; it changes only with the definition of the digest. */
static void test_digest_is_pinned(void)
{
    struct sim_engine *engine = sim_engine_new(3, 0);
    sim_engine_note(engine, 42);
    for (uint64_t i = 0; i < 1000; i++) {
        sim_engine_post(engine, (sim_time)(i * i % 997), (uint32_t)(i % 3), (uint16_t)(i % 7), i);
    }
    struct sim_event event;
    while (sim_engine_next(engine, SIM_NEVER, &event)) {
    }
    g_assert_cmphex(sim_engine_digest(engine), ==, UINT64_C(0x1bf1cfe44e11708f));
    sim_engine_free(engine);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine-digest/sees-every-field", test_digest_sees_every_field);
    g_test_add_func("/engine-digest/has-no-easy-collision", test_digest_has_no_easy_collision);
    g_test_add_func("/engine-digest/note-enters-the-digest", test_note_enters_the_digest);
    g_test_add_func("/engine-digest/is-pinned", test_digest_is_pinned);
    return g_test_run();
}
