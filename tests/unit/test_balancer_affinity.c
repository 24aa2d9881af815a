/* What a balancer remembers: sessions, and connections on layer 4. If these failed, sessions would
 * wander, or a layer 4 balancer would do what only a layer 7 balancer can.
 */
#include "balancer/affinity.h"
#include "balancer_story.h"

#define STICKY "to = 'web', sticky = true"

/* New sessions in turn, known ones where they were; sessions of another caller are others. */
static void test_sticky(void)
{
    struct balancer_story story;
    balancer_begin(&story, STICKY, 3);
    balancer_start(&story);
    for (int round = 0; round < 3; round++) {
        for (uint64_t session = 1; session <= 6; session++) {
            g_assert_cmpuint(ask_session(&story, session), ==, (session - 1) % 3 + 1);
        }
    }
    g_assert_cmpuint(fixture_total(&story.f, "lb", "assigned"), ==, 6);
    asks_in_turn(&story, "123"); /* no session */
    balancer_end(&story);
}

/* Its member is lost: the session is assigned anew, and stays there when the member is back. */
static void test_sticky_lost(void)
{
    struct balancer_story story;
    balancer_begin(&story, STICKY, 3);
    balancer_start(&story);
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    g_assert_cmpuint(ask_session(&story, 2), ==, 2);
    fixture_crash(&story.f, "web[2]");
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    uint32_t other = ask_session(&story, 2);
    g_assert_cmpuint(other, !=, 2);
    fixture_restart(&story.f, "web[2]");
    for (int i = 0; i < 5; i++) {
        g_assert_cmpuint(ask_session(&story, 2), ==, other);
    }
    g_assert_cmpuint(fixture_total(&story.f, "lb", "assigned"), ==, 3);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "moved"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 1);
    balancer_end(&story);
}

/* One that has left the members is not asked at all. */
static void test_sticky_left(void)
{
    struct balancer_story story;
    balancer_begin(&story, STICKY, 3);
    plan_members(&story, s(1), 2);
    balancer_start(&story);
    for (uint64_t session = 1; session <= 3; session++) {
        ask_session(&story, session);
    }
    fixture_run_until(&story.f, s(2));
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    g_assert_cmpuint(ask_session(&story, 2), ==, 2);
    g_assert_cmpuint(ask_session(&story, 3), <=, 2);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "moved"), ==, 1);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 0);
    balancer_end(&story);
}

/* Room for two: the one that was used least recently is forgotten, and given the next turn. */
static void test_sticky_full(void)
{
    struct balancer_story story;
    balancer_begin(&story, STICKY ", affinity_max = 2", 9);
    balancer_start(&story);
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    g_assert_cmpuint(ask_session(&story, 2), ==, 2);
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    g_assert_cmpuint(ask_session(&story, 3), ==, 3); /* forgets 2 */
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    g_assert_cmpuint(ask_session(&story, 2), ==, 4); /* forgets 3 */
    g_assert_cmpuint(fixture_total(&story.f, "lb", "forgotten"), ==, 2);
    balancer_end(&story);
}

static void test_sticky_idle(void)
{
    struct balancer_story story;
    balancer_begin(&story, STICKY ", sticky_idle = s(10)", 9);
    balancer_start(&story);
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    fixture_run_until(&story.f, s(10));
    g_assert_cmpuint(ask_session(&story, 1), ==, 1);
    fixture_run_until(&story.f, s(20) + 1);
    g_assert_cmpuint(ask_session(&story, 1), ==, 2);
    balancer_end(&story);
}

#define LAYER_4 "to = 'web', layer = 'l4'"

/* A caller, or a session of it, is a connection: all of it goes to one member. */
static void test_l4_connections(void)
{
    struct balancer_story story;
    balancer_begin(&story, LAYER_4 ", connection_requests = 4, connection_idle = s(10)", 9);
    balancer_start(&story);
    asks_in_turn(&story, "1111222");
    ask_from(&story, "users[2]", 0, 0);
    g_assert_cmpuint(asked(&story), ==, 3);
    g_assert_cmpuint(ask_session(&story, 1), ==, 4);
    asks_in_turn(&story, "2");
    g_assert_cmpuint(ask_session(&story, 1), ==, 4);
    asks_in_turn(&story, "5");
    fixture_run_until(&story.f, s(11)); /* silent for too long */
    asks_in_turn(&story, "6");
    balancer_end(&story);
}

/* The client sees what happens to its connection, and the next one goes elsewhere. */
static void test_l4_failure(void)
{
    struct balancer_story story;
    balancer_begin(&story, LAYER_4, 2);
    balancer_start(&story);
    asks_in_turn(&story, "11");
    fixture_crash(&story.f, "web[1]");
    ask(&story, 0);
    g_assert_cmpint(ended(&story), ==, SIM_STATUS_REFUSED);
    g_assert_cmpuint(fixture_total(&story.f, "lb", "retries"), ==, 0);
    asks_in_turn(&story, "222");
    balancer_end(&story);
}

/* Keys are not seen on layer 4: a hash is one of the caller, in every connection of his. */
static void test_l4_hash(void)
{
    struct balancer_story story;
    balancer_begin(&story, LAYER_4 ", policy = 'maglev', connection_requests = 2", 9);
    balancer_start(&story);
    unsigned seen = 0;
    for (uint64_t session = 1; session <= 60; session++) {
        uint32_t whom = ask_session(&story, session);
        seen |= 1u << whom;
        for (uint64_t key = 0; key < 7; key++) {
            ask_from(&story, "users[1]", key, session);
            g_assert_cmpuint(asked(&story), ==, whom);
        }
    }
    g_assert_cmpuint(seen, ==, 1022); /* each of 1 .. 9 */
    balancer_end(&story);
}

/* Layer 7 works for every request, layer 4 for every connection. */
static void test_l4_cost(void)
{
    for (int layer = 4; layer <= 7; layer += 3) {
        struct balancer_story story;
        g_autofree char *params = g_strdup_printf(
            "to = 'web', layer = 'l%d', cost = ms(1), connection_requests = 3", layer);
        balancer_begin(&story, params, 2);
        balancer_start(&story);
        for (unsigned i = 0; i < 7; i++) {
            fixture_run_until(&story.f, s(i));
            ask(&story, 0);
            bool is_first = layer == 7 || i % 3 == 0;
            g_assert_cmpuint(probe_count(&story.web, SIM_IN_REQUEST), ==, i + !is_first);
            fixture_run_until(&story.f, s(i) + ms(1));
            g_assert_cmpuint(probe_count(&story.web, SIM_IN_REQUEST), ==, i + 1);
        }
        balancer_end(&story);
    }
}

/* What is silent for too long, and what its member's death ended, has to be opened again. */
static void test_l4_cost_again(void)
{
    struct balancer_story story;
    balancer_begin(&story,
                   LAYER_4 ", cost = ms(1), connection_idle = s(5), check_interval = s(1), "
                           "fall = 1, check_timeout = ms(100)",
                   2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(20), SIM_NEVER, "web[2]")->silent = true;
    balancer_start(&story);
    static const struct {
        double at;
        bool pays;
    } asks[] = {{0, true}, {4, false}, {8, false}, {13.5, true}, {18, false}, {22, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(asks); i++) {
        fixture_run_until(&story.f, s(asks[i].at));
        ask(&story, 0);
        g_assert_cmpint(fixture_level(&story.f, "lb", "busy"), ==, asks[i].pays);
    }
    balancer_end(&story);
}

/* Connections to a member that checks have found dead are opened elsewhere. */
static void test_l4_checks(void)
{
    struct balancer_story story;
    balancer_begin(&story, LAYER_4 ", check_interval = s(1), fall = 1", 2);
    fixture_add_fault(&story.f, SIM_FAULT_CRASH, s(3) + 1, SIM_NEVER, "web[1]")->silent = true;
    balancer_start(&story);
    asks_in_turn(&story, "1");
    fixture_run_until(&story.f, s(10));
    asks_in_turn(&story, "2");
    g_assert_cmpuint(fixture_total(&story.f, "lb", "moved"), ==, 1);
    balancer_end(&story);
}

/* The table beside one that is a list: newest first, cut at its size. */
struct naive {
    uint64_t keys[5];
    uint32_t members[5];
    sim_time used[5];
    uint32_t count;
};

static int naive_find(const struct naive *naive, uint64_t key)
{
    for (uint32_t i = 0; i < naive->count; i++) {
        if (naive->keys[i] == key) {
            return (int)i;
        }
    }
    return -1;
}

static void naive_remove(struct naive *naive, int at)
{
    naive->count--;
    for (uint32_t i = (uint32_t)at; i < naive->count; i++) {
        naive->keys[i] = naive->keys[i + 1];
        naive->members[i] = naive->members[i + 1];
        naive->used[i] = naive->used[i + 1];
    }
}

static void naive_put(struct naive *naive, uint64_t key, uint32_t member, sim_time now)
{
    if (naive->count == 5) {
        naive->count--;
    }
    for (uint32_t i = naive->count; i > 0; i--) {
        naive->keys[i] = naive->keys[i - 1];
        naive->members[i] = naive->members[i - 1];
        naive->used[i] = naive->used[i - 1];
    }
    naive->keys[0] = key;
    naive->members[0] = member;
    naive->used[0] = now;
    naive->count++;
}

static void step(struct affinity *table, struct naive *naive, struct sim_random *random,
                 sim_time now)
{
    uint64_t key = 1 + sim_random_below(random, 9);
    int at = naive_find(naive, key);
    uint64_t what = sim_random_below(random, 10);
    if (what < 6) {
        const struct affinity_entry *entry = affinity_find(table, key, now);
        bool is_known = at >= 0 && now - naive->used[at] <= 20;
        g_assert_true((entry != NULL) == is_known);
        uint32_t member = at >= 0 ? naive->members[at] : 0;
        if (at >= 0) {
            naive_remove(naive, at);
        }
        if (is_known) {
            g_assert_cmpuint(entry->member, ==, member);
            naive_put(naive, key, member, now);
        }
    } else if (what < 9) {
        uint32_t member = (uint32_t)sim_random_below(random, 100);
        bool is_full = at < 0 && naive->count == 5;
        g_assert_true(affinity_assign(table, key, member, now) == is_full);
        if (at >= 0) {
            naive_remove(naive, at);
        }
        naive_put(naive, key, member, now);
    } else {
        affinity_forget(table, key);
        if (at >= 0) {
            naive_remove(naive, at);
        }
    }
    g_assert_cmpuint(table->count, ==, naive->count);
}

static void test_table(void)
{
    struct fixture f;
    struct probe probe = {0};
    fixture_init(&f, s(1));
    probe_add(&f, &probe, "here", 1);
    fixture_start(&f);
    fixture_run_until(&f, 0);
    struct affinity table = {0};
    struct naive naive = {0};
    struct sim_random random;
    affinity_start(probe_node(&f, "here"), &table, 5, 20);
    sim_random_init(&random, 1, "affinity", "steps");
    for (sim_time now = 0; now < 100000; now++) {
        step(&table, &naive, &random, now);
    }
    fixture_clear(&f);
    probe_clear(&probe);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balancer-affinity/sticky", test_sticky);
    g_test_add_func("/balancer-affinity/sticky-lost", test_sticky_lost);
    g_test_add_func("/balancer-affinity/sticky-left", test_sticky_left);
    g_test_add_func("/balancer-affinity/sticky-full", test_sticky_full);
    g_test_add_func("/balancer-affinity/sticky-idle", test_sticky_idle);
    g_test_add_func("/balancer-affinity/l4-connections", test_l4_connections);
    g_test_add_func("/balancer-affinity/l4-failure", test_l4_failure);
    g_test_add_func("/balancer-affinity/l4-hash", test_l4_hash);
    g_test_add_func("/balancer-affinity/l4-cost", test_l4_cost);
    g_test_add_func("/balancer-affinity/l4-cost-again", test_l4_cost_again);
    g_test_add_func("/balancer-affinity/l4-checks", test_l4_checks);
    g_test_add_func("/balancer-affinity/table", test_table);
    return g_test_run();
}
