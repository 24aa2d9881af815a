/* Sharding over every store that there is: keys that were written before a shard joined are read
 * and written after it as before, and half of them have moved. If this failed, some store could not
 * be sharded.
 */
#include "store_story.h"

enum { KEYS = 8 };

struct kind {
    const char *name;
    const struct sim_model *model;
    uint32_t members;
    const char *params[2]; /* of the two shards */
    bool has_master;
    const char *more; /* parameters of the routers */
};

static const struct kind kinds[] = {
    {"single", &sim_model_store_single, 1, {"fsync = ms(1)", "fsync = ms(1)"}, false, ""},
    {"leader", &sim_model_store_leader, 3, {"mode = 'sync'", "mode = 'sync'"}, false, ""},
    {"quorum", &sim_model_store_quorum, 3, {"", ""}, false, ""},
    {"abd", &sim_model_store_quorum, 3, {"protocol = 'abd'", "protocol = 'abd'"}, false, ""},
    {"chain", &sim_model_store_chain, 3, {"master = 'm1'", "master = 'm2'"}, true, ""},
    {"raft", &sim_model_store_raft, 3, {"", ""}, false, ""},
    {"paxos", &sim_model_store_paxos, 3, {"", ""}, false, ""},
    {"multi_leader", &sim_model_store_multi_leader, 3, {"", ""}, false, ", copy_reads = 'default'"},
};

static void begin(struct store_story *story, const struct kind *kind)
{
    g_autofree char *params =
        g_strdup_printf("shards = { 'a', shard { 'b', from = s(10) } }, by = 'range', keys = %d%s",
                        KEYS, kind->more);
    store_story_begin(story, &sim_model_store_sharded, 2, ms(1), params);
    fixture_add_group(&story->f, "a", kind->model, kind->params[0], kind->members, kind->members);
    fixture_add_group(&story->f, "b", kind->model, kind->params[1], kind->members, kind->members);
    if (kind->has_master) {
        fixture_add_node(&story->f, "m1", &sim_model_store_chain_master, "members = 'a'");
        fixture_add_node(&story->f, "m2", &sim_model_store_chain_master, "members = 'b'");
    }
    store_story_start(story);
    fixture_run_until(&story->f, s(5)); /* leaders are elected */
}

static void expect(struct store_story *story, const char *router, uint64_t added)
{
    for (uint64_t key = 0; key < KEYS; key++) {
        const struct store_told *told = store_story_do(story, router, SIM_OP_READ, key, 0);
        g_assert_cmpstr(sim_status_names[told->reply.status], ==, "ok");
        g_assert_cmpuint(told->reply.value, ==, key + added);
    }
}

static void write_all(struct store_story *story, const char *router, uint64_t added)
{
    for (uint64_t key = 0; key < KEYS; key++) {
        const struct store_told *told =
            store_story_do(story, router, SIM_OP_WRITE, key, key + added);
        g_assert_cmpstr(sim_status_names[told->reply.status], ==, "ok");
    }
    store_story_wait(story, s(1)); /* copies that are behind have come */
}

static void test_kind(gconstpointer data)
{
    const struct kind *kind = data;
    struct store_story story;
    begin(&story, kind);
    write_all(&story, "replica[1]", 100);
    fixture_run_until(&story.f, s(15));
    g_assert_cmpint(fixture_level(&story.f, "replica", "moving"), ==, 0);
    g_assert_cmpuint(fixture_total(&story.f, "replica", "moved"), ==, KEYS / 2);
    g_assert_cmpuint(fixture_total(&story.f, "b", "succeeded"), >=, KEYS);
    expect(&story, "replica[2]", 100);
    write_all(&story, "replica[2]", 200);
    expect(&story, "replica[1]", 200);
    store_story_end(&story);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *path = g_strdup_printf("/store/sharded/over/%s", kinds[i].name);
        g_test_add_data_func(path, &kinds[i], test_kind);
    }
    return g_test_run();
}
