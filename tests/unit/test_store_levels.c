/* Each store asked for each level of consistency: what it serves in good times, and what a member
 * serves that is cut off from all others. If this failed, the table of docs/models/README.md would
 * be wrong: a store would promise what it cannot keep, or refuse what it could serve.
 */
#include "store_story.h"

struct level {
    const char *name;
    enum sim_consistency consistency;
    uint32_t behind_max;
};

static const struct level levels[] = {
    {"default", SIM_CONSISTENCY_DEFAULT, 0},   {"strong", SIM_CONSISTENCY_STRONG, 0},
    {"bounded", SIM_CONSISTENCY_BOUNDED, 0},   {"versions", SIM_CONSISTENCY_BOUNDED, 1},
    {"prefix", SIM_CONSISTENCY_PREFIX, 0},     {"session", SIM_CONSISTENCY_SESSION, 0},
    {"eventual", SIM_CONSISTENCY_EVENTUAL, 0},
};

/* A letter a level, in that order: `y` = served, `-` = not. */
struct store {
    const char *name;
    const struct sim_model *model;
    uint32_t members;
    const char *params;
    const char *whole, *alone;
};

#define QUORUM "service = ms(0), timeout = s(1), "

static const struct store stores[] = {
    {"single", &sim_model_store_single, 1, "", "yyyyyyy", NULL},
    {"memory", &sim_model_store_memory, 1, "service = ms(0)", "yyyyyyy", NULL},
    {"leader", &sim_model_store_leader, 3, "", "yyyyyyy", "----yyy"},
    {"leader, any", &sim_model_store_leader, 3, "reads = 'any'", "yyyyyyy", "y---yyy"},
    {"leader, refuses", &sim_model_store_leader, 3, "behind = 'refuse'", "yyyyyyy", "----yyy"},
    {"leader, forwards", &sim_model_store_leader, 3, "behind = 'forward'", "yyyyyyy", "----yyy"},
    {"multi_leader", &sim_model_store_multi_leader, 3, "", "y----yy", "y----yy"},
    {"siblings", &sim_model_store_multi_leader, 3, "kind = 'siblings'", "y----yy", "y----yy"},
    {"gossip", &sim_model_store_gossip, 3, "", "y-----y", "y-----y"},
    {"quorum", &sim_model_store_quorum, 3, QUORUM, "yyyy-yy", "------y"},
    {"quorum of one", &sim_model_store_quorum, 3, QUORUM "read_quorum = 1", "yyyy-yy", "y----yy"},
    {"sloppy", &sim_model_store_quorum, 3, QUORUM "replicas = 2, sloppy = true", "y----yy", NULL},
    {"abd", &sim_model_store_quorum, 3, QUORUM "protocol = 'abd'", "yyyyyyy", "------y"},
    {"chain", &sim_model_store_chain, 3, "master = 'master'", "yyyyyyy", "----y-y"},
    {"craq", &sim_model_store_chain, 3, "master = 'master', protocol = 'craq'", "yyyyyyy",
     "----y-y"},
    {"raft", &sim_model_store_raft, 3, "", "yyyyyyy", "----yyy"},
    {"raft, lease", &sim_model_store_raft, 3, "read = 'lease'", "yyyyyyy", "----yyy"},
    {"paxos", &sim_model_store_paxos, 3, "", "yyyyyyy", "----y-y"},
    {"paxos, lease", &sim_model_store_paxos, 3, "reads = 'lease'", "yyyyyyy", "----y-y"},
};

/* Reads at the asked member, a level after the other. What it cannot serve it refuses, or it lets
 * the asker wait. */
static void ask_all(struct store_story *story, const char *asked, uint64_t token,
                    const char *expected)
{
    char served[G_N_ELEMENTS(levels) + 1] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        struct sim_request request = {
            .key = 1,
            .operation = SIM_OP_READ,
            .session = 1,
            .session_token = token,
            .staleness = levels[i].behind_max > 0 ? SIM_NEVER : s(3),
            .behind_max = levels[i].behind_max,
            .consistency = (uint16_t)levels[i].consistency,
        };
        uint32_t tag = store_story_send(story, asked, &request);
        store_story_wait(story, s(5));
        const struct store_told *told = &story->told[tag];
        bool is_served = told->is_told && told->reply.status == SIM_STATUS_OK;
        served[i] = is_served ? 'y' : '-';
        g_assert_true(!is_served || told->reply.value == 10);
        g_assert_true(is_served || !told->is_told || told->reply.status != SIM_STATUS_ERROR);
    }
    g_assert_cmpstr(served, ==, expected);
}

static void cut(struct store_story *story, const char *a, const char *b)
{
    fixture_cut(&story->f, a, b, true);
    fixture_cut(&story->f, b, a, true);
}

static void cut_off(struct store_story *story, const char *member, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        g_autofree char *other = g_strdup_printf("replica[%u]", i);
        if (strcmp(other, member) != 0) {
            cut(story, member, other);
        }
    }
    cut(story, member, "master");
}

static void test_levels(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++) {
        const struct store *store = &stores[i];
        const char *asked = store->members == 1 ? "replica" : "replica[2]";
        struct store_story story;
        g_test_message("%s", store->name);
        store_story_begin(&story, store->model, store->members, ms(1), store->params);
        fixture_add_node(&story.f, "master", &sim_model_store_chain_master, "members = 'replica'");
        store_story_start(&story);
        store_story_wait(&story, s(10)); /* somebody leads */
        store_story_do(&story, store->members == 1 ? "replica" : "replica[1]", SIM_OP_WRITE, 1, 10);
        store_story_wait(&story, s(10));
        ask_all(&story, asked, 0, store->whole);
        uint64_t token = store_story_do(&story, asked, SIM_OP_READ, 1, 0)->reply.session_token;
        ask_all(&story, asked, token, store->whole);
        if (store->alone != NULL) {
            cut_off(&story, asked, store->members);
            store_story_wait(&story, s(10)); /* leases and what was known have run out */
            ask_all(&story, asked, token, store->alone);
        }
        store_story_end(&story);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/levels", test_levels);
    return g_test_run();
}
