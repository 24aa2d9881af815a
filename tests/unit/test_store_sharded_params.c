/* Sharding: parameters that do not go together. If these failed, a scenario that makes no sense
 * would run, or one that does would not.
 */
#include "fixture.h"
#include "models.h"
#include "parameters.h"

static void find(const char *name, sim_node_id *ret_first, uint32_t *ret_count, void *data)
{
    (void)data;
    g_assert_cmpstr(name, ==, "db");
    *ret_first = 1;
    *ret_count = 3;
}

/* What is wrong with the parameters; NULL = nothing. */
static const char *complaint(struct sim_arena *arena, const char *text)
{
    const struct sim_model *model = &sim_model_store_sharded;
    struct parameter_names names = {.find = find};
    void *params = sim_arena_alloc(arena, model->params_size);
    parameters_read(arena, "x", model->params, text, &names, params);
    return model->validate(params);
}

static void test_validate(void)
{
    static const struct {
        const char *text, *begins; /* NULL = nothing is wrong */
    } cases[] = {
        {"shards = { 'db[1]' }", NULL},
        {"shards = { shard { 'db[1]', from = s(1) } }", "shards: "},
        {"shards = { shard { 'db[1]', weight = 2 }, 'db[2]' }", NULL},
        {"shards = { shard { 'db[1]', weight = 2 } }, by = 'jump'", "weight: "},
        {"shards = { shard { 'db[1]', below = 9 } }", "below: only"},
        {"shards = { shard { 'db[1]', below = 9 } }, by = 'range', keys = 9", NULL},
        {"shards = { shard { 'db[1]', below = 8 } }, by = 'range', keys = 9", "below: of"},
        {"shards = { shard { 'db[1]', below = 8 }, 'db[2]' }, by = 'range', keys = 9", "below: of"},
        {"shards = { shard { 'db[1]', below = 9 }, shard { 'db[2]', below = 9 } }, by = 'range', "
         "keys = 9",
         "below: more"},
        {"shards = { 'db[1]', shard { 'db[2]', below = 9, from = s(1) } }, by = 'range', keys = 9",
         "below: a shard that joins"},
        {"shards = { 'db[1]', 'db[2]' }, by = 'range', keys = 1", "keys: "},
        {"shards = { 'db[1]' }, split_above = 2", "split_above: "},
        {"shards = { 'db[1]' }, by = 'range', split_above = 2", NULL},
        {"shards = { 'db[1]' }, by = 'range', split_oversized = true", "split_oversized: "},
        {"shards = { 'db[1]' }, split_oversized = true, partition_max = MB(1)",
         "split_oversized: "},
        {"shards = { 'db[1]' }, by = 'range', split_oversized = true, partition_max = MB(1)", NULL},
        {"shards = { 'db[1]' }, by = 'maglev', table_entries = 100", "table_entries: "},
        {"shards = { 'db[1]', 'db[2]' }, by = 'maglev', table_entries = 2", "table_entries: "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sim_arena arena;
        sim_arena_init(&arena);
        const char *wrong = complaint(&arena, cases[i].text);
        g_assert_true((wrong == NULL) == (cases[i].begins == NULL));
        g_assert_true(wrong == NULL || g_str_has_prefix(wrong, cases[i].begins));
        sim_arena_clear(&arena);
    }
}

/* A run has 1024 changes at most: of 513 shards that come and go one change would have no place. */
static void test_changes(void)
{
    for (int count = 512; count <= 513; count++) {
        GString *params = g_string_new("shards = { 'db[1]'");
        for (int i = 0; i < count; i++) {
            g_string_append(params, ", shard { 'db[2]', from = s(1), to = s(2) }");
        }
        g_string_append(params, " }");
        struct sim_arena arena;
        sim_arena_init(&arena);
        const char *wrong = complaint(&arena, params->str);
        g_assert_true((wrong == NULL) == (count == 512));
        g_assert_true(wrong == NULL || g_str_has_prefix(wrong, "shards: at most 1024 that join"));
        sim_arena_clear(&arena);
        g_string_free(params, TRUE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/sharded/params/validate", test_validate);
    g_test_add_func("/store/sharded/params/changes", test_changes);
    return g_test_run();
}
