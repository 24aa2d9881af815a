/* Policies of the balancer that hash: each goes where the placement of that name says, by key or by
 * session, by weights and within its bound. If these failed, a member that comes or goes would move
 * other keys than it must.
 */
#include "balancer/policy.h"
#include "balancer_story.h"

#define POLICY(name, rest) "to = 'web', policy = '" name "'" rest

static uint64_t no_load(const void *data, uint32_t member)
{
    (void)data;
    (void)member;
    return 0;
}

/* The placement that the balancer must come to, of its first `count` members. */
struct twin {
    struct placement_member members[8];
    struct placement *placement;
};

static void twin_init(struct twin *twin, const struct placement_algorithm *algorithm)
{
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "web[%u]", i + 1);
        twin->members[i] = (struct placement_member){i, sim_hash_text(name), 1};
    }
    struct placement_setup setup = {.algorithm = algorithm,
                                    .members = twin->members,
                                    .member_count = 8,
                                    .points = 160,
                                    .table_size = 65537,
                                    .bound = 1.25,
                                    .load = no_load};
    twin->placement = placement_init(g_malloc0(placement_size(&setup)), &setup);
}

static void twin_build(struct twin *twin, uint32_t count)
{
    uint32_t present[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    placement_build(twin->placement, present, count);
}

/* Keys go to their owners, also when members come and go; the next owner gets what the first one
 * refuses. Shares that are all the same make no difference. */
static void check_hash(const struct balancer_policy *policy, const char *to)
{
    struct balancer_story story;
    struct twin twin;
    g_autofree char *params = g_strdup_printf("to = %s, policy = '%s'", to, policy->name);
    balancer_begin(&story, params, 8);
    fixture_group(&story.f, "web")->count = 6;
    plan_members(&story, s(1), 8);
    plan_members(&story, s(2), 3);
    twin_init(&twin, policy->placement);
    balancer_start(&story);
    static const uint32_t counts[] = {6, 8, 3};
    for (int phase = 0; phase < 3; phase++) {
        fixture_run_until(&story.f, s(phase));
        twin_build(&twin, counts[phase]);
        for (uint64_t key = 0; key < 300; key++) {
            uint32_t owner = placement_owner(twin.placement, sim_hash_pair(0, key));
            g_assert_cmpuint(ask_whom(&story, key), ==, owner + 1);
        }
    }
    fixture_crash(&story.f, "web[2]");
    for (uint64_t key = 0; key < 300; key++) {
        uint32_t owners[2];
        placement_owners(twin.placement, sim_hash_pair(0, key), 2, owners);
        g_assert_cmpuint(ask_whom(&story, key), ==, owners[owners[0] == 1] + 1);
    }
    g_assert_cmpint(ended(&story), ==, SIM_STATUS_OK);
    g_free(twin.placement);
    balancer_end(&story);
}

static void test_hash(gconstpointer data)
{
    const struct balancer_policy *policy = data;
    check_hash(policy, "'web'");
    if (policy->takes_weights) {
        check_hash(policy, "{ web = 0.8 }");
    }
}

/* One hot key whose requests stay open: nobody has more than ceil(1.25 x open / members). */
static void test_bounded(void)
{
    struct balancer_story story;
    uint64_t counts[5] = {0};
    balancer_begin(&story, POLICY("bounded", ""), 4);
    balancer_holds(&story);
    balancer_start(&story);
    for (uint64_t open = 1; open <= 400; open++) {
        counts[ask_whom(&story, 7)]++;
        for (int i = 1; i <= 4; i++) {
            g_assert_cmpuint(counts[i], <=, (5 * open + 15) / 16); /* ceil(1.25 open / 4) */
        }
    }
    g_assert_cmpuint(MAX(MAX(counts[1], counts[2]), MAX(counts[3], counts[4])), ==, 125);
    balancer_end(&story);
}

/* By session: keys do not matter; without a session they do. */
static void test_hash_by_session(void)
{
    struct balancer_story story;
    balancer_begin(&story, POLICY("rendezvous", ", hash_by = 'session'"), 8);
    balancer_start(&story);
    unsigned seen = 0, seen_by_key = 0;
    for (uint64_t session = 1; session <= 50; session++) {
        uint32_t whom = ask_session(&story, session);
        for (uint64_t key = 0; key < 5; key++) {
            ask_from(&story, "users[1]", key, session);
            g_assert_cmpuint(asked(&story), ==, whom);
        }
        seen |= 1u << whom;
        seen_by_key |= 1u << ask_whom(&story, session);
    }
    g_assert_cmpuint(seen, ==, 510);
    g_assert_cmpuint(seen_by_key, ==, 510);
    balancer_end(&story);
}

/* A share of three quarters on a ring gets about that part of the keys. */
static void test_hash_weights(void)
{
    struct balancer_story story;
    struct probe small = {.reply = PROBE_AT_ONCE};
    balancer_begin(&story, "to = { web = 0.75, small = 0.25 }, policy = 'ring'", 1);
    probe_add(&story.f, &small, "small", 1);
    balancer_start(&story);
    for (uint64_t key = 0; key < 4000; key++) {
        ask(&story, key);
    }
    g_assert_cmpint(ABS((int)probe_count(&small, SIM_IN_REQUEST) - 1000), <, 250);
    balancer_end(&story);
    probe_clear(&small);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; balancer_policies[i] != NULL; i++) {
        if (balancer_policies[i]->placement != NULL) {
            g_autofree char *path =
                g_strdup_printf("/balancer-hash/placement/%s", balancer_policies[i]->name);
            g_test_add_data_func(path, balancer_policies[i], test_hash);
        }
    }
    g_test_add_func("/balancer-hash/bounded", test_bounded);
    g_test_add_func("/balancer-hash/by-session", test_hash_by_session);
    g_test_add_func("/balancer-hash/weights", test_hash_weights);
    return g_test_run();
}
