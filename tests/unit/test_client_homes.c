/* Sessions that stay with a member: which one, how long, and what they do when it is lost. If this
 * failed, a session would go on asking a machine that is gone, or leave one that answers, or a
 * new machine would scatter all sessions.
 */
#include "models.h"
#include "probe.h"

#define SESSIONS 8
#define MEMBERS 4
#define BEFORE 1
#define WHILE 2
#define AFTER 3

static void add_users(struct fixture *f, const char *fields)
{
    g_autofree char *all = g_strdup_printf("sessions = %d, think = ms(100), %s", SESSIONS, fields);
    fixture_init(f, s(30));
    fixture_add_node(f, "users", &sim_model_client_closed, g_intern_string(all));
    fixture_add_window(f, 0, s(10));
    fixture_add_window(f, s(10), s(20));
    fixture_add_window(f, s(20) + ms(100), s(30));
}

/* What one member was asked in a window. */
static uint64_t asked(const struct fixture *f, uint32_t member, uint32_t window)
{
    g_autofree char *name = g_strdup_printf("web[%u]", member);
    return fixture_window_total(f, name, "issued", window);
}

static void play_crash(struct fixture *f, const char *choose, bool is_silent)
{
    g_autofree char *fields =
        g_strdup_printf("to = 'web', choose = '%s', timeout = ms(50)", choose);
    add_users(f, fields);
    fixture_add_group(f, "web", &sim_model_service, "service = ms(0)", MEMBERS, MEMBERS);
    fixture_group(f, "web")->per_member = true;
    fixture_add_fault(f, SIM_FAULT_CRASH, s(10) + ms(5), s(20), "web[2]")->silent = is_silent;
    fixture_start(f);
    fixture_run(f);
    for (uint32_t member = 1; member <= MEMBERS; member++) { /* two sessions each */
        g_assert_cmpuint(asked(f, member, BEFORE), >=, 190);
        g_assert_cmpuint(asked(f, member, BEFORE), <=, 202);
    }
}

/* A refusal, or no answer in time: each of the two sessions pays once, goes elsewhere, and stays
 * there; not both at the same one. */
static void test_lost(void)
{
    for (int is_silent = 0; is_silent < 2; is_silent++) {
        struct fixture f;
        play_crash(&f, "session", is_silent);
        g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 2);
        g_assert_cmpuint(fixture_total(&f, "users", is_silent ? "timeout" : "refused"), ==, 2);
        g_assert_cmpuint(asked(&f, 2, AFTER), ==, 0);
        uint64_t most = 0;
        for (uint32_t member = 1; member <= MEMBERS; member++) {
            most = MAX(most, asked(&f, member, AFTER));
        }
        g_assert_cmpuint(most, <, 300); /* three sessions at most */
        fixture_clear(&f);
    }
}

/* Pinned: nothing else will do, and they are the first to come when it is back. */
static void test_pinned(void)
{
    struct fixture f;
    play_crash(&f, "pinned", false);
    g_assert_cmpuint(fixture_window_total(&f, "users", "failed", WHILE), >=, 190);
    g_assert_cmpuint(fixture_window_total(&f, "users", "failed", AFTER), ==, 0);
    g_assert_cmpuint(asked(&f, 2, AFTER), >=, 190);
    g_assert_cmpuint(asked(&f, 1, WHILE), <=, 202);
    fixture_clear(&f);
}

/* Who answers is there, whatever the answer. */
static void test_unkind(void)
{
    struct fixture f;
    add_users(&f, "to = 'kind bad', choose = 'session'");
    fixture_add_node(&f, "kind", &sim_model_service, "service = ms(0)");
    fixture_add_node(&f, "bad", &sim_model_service, "service = ms(0), errors = percent(100)");
    fixture_start(&f);
    fixture_run(&f);
    uint64_t bad = fixture_total(&f, "bad", "issued");
    g_assert_cmpuint(bad, ==, fixture_total(&f, "kind", "issued"));
    g_assert_cmpuint(bad, ==, fixture_total(&f, "users", "failed"));
    fixture_clear(&f);
}

/* New members find nobody, since sessions stay; those of one that leaves move, pinned or not. */
static void test_members(void)
{
    static const char *const choices[] = {"session", "pinned"};
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        struct fixture f;
        g_autofree char *fields = g_strdup_printf("to = 'web', choose = '%s'", choices[i]);
        add_users(&f, fields);
        uint32_t web = fixture_add_group(&f, "web", &sim_model_service, "service = ms(0)", 2, 4);
        fixture_group(&f, "web")->per_member = true;
        static const uint32_t sizes[] = {4, 1};
        for (uint32_t n = 0; n < 2; n++) {
            struct sim_fault_spec *change =
                fixture_add_fault(&f, SIM_FAULT_MEMBERS, s(10 * (n + 1)) + ms(5), SIM_NEVER, NULL);
            change->group = web;
            change->members = sizes[n];
        }
        fixture_start(&f);
        fixture_run(&f);
        g_assert_cmpuint(asked(&f, 3, WHILE) + asked(&f, 4, WHILE), ==, 0);
        g_assert_cmpuint(asked(&f, 1, WHILE), >=, 390);
        g_assert_cmpuint(asked(&f, 2, WHILE), >=, 390);
        g_assert_cmpuint(asked(&f, 2, AFTER), ==, 0);
        g_assert_cmpuint(asked(&f, 1, AFTER), >=, 780);
        g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
        fixture_clear(&f);
    }
}

/* By shares: a session is drawn a member once, and another one when that is gone. */
static void test_shares(void)
{
    struct fixture f;
    add_users(&f, "to = { a = percent(40), b = percent(40), none = percent(0) }, "
                  "choose = 'session'");
    fixture_add_node(&f, "a", &sim_model_service, "service = ms(0)");
    fixture_add_node(&f, "b", &sim_model_service, "service = ms(0)");
    fixture_add_node(&f, "none", &sim_model_service, "service = ms(0)");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(10) + ms(5), SIM_NEVER, "a");
    fixture_start(&f);
    fixture_run(&f);
    uint64_t at_a = fixture_window_total(&f, "a", "issued", BEFORE);
    uint64_t sessions = (at_a + 50) / 100; /* of ten requests a second each */
    g_assert_cmpuint(sessions, >, 0);
    g_assert_cmpuint(sessions, <, SESSIONS);
    g_assert_cmpuint(at_a, >=, 99 * sessions);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, sessions);
    g_assert_cmpuint(fixture_window_total(&f, "b", "issued", AFTER), >=, 780);
    g_assert_cmpuint(fixture_total(&f, "none", "issued"), ==, 0);
    fixture_clear(&f);
}

/* Where there is nobody else they stay, and nobody at all is a failure like any other. */
static void test_nobody_else(void)
{
    struct fixture f;
    add_users(&f, "to = 'web', choose = 'session'");
    uint32_t web = fixture_add_group(&f, "web", &sim_model_service, "service = ms(0)", 1, 1);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(10), s(15), "web");
    struct sim_fault_spec *leaves =
        fixture_add_fault(&f, SIM_FAULT_MEMBERS, s(20), SIM_NEVER, NULL);
    leaves->group = web;
    leaves->members = 0;
    fixture_start(&f);
    fixture_run(&f);
    g_assert_cmpuint(fixture_window_total(&f, "web", "issued", WHILE), >=, 380);
    g_assert_cmpuint(fixture_window_total(&f, "users", "failed", AFTER), ==,
                     fixture_window_total(&f, "users", "issued", AFTER));
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client-homes/lost", test_lost);
    g_test_add_func("/client-homes/pinned", test_pinned);
    g_test_add_func("/client-homes/unkind", test_unkind);
    g_test_add_func("/client-homes/members", test_members);
    g_test_add_func("/client-homes/shares", test_shares);
    g_test_add_func("/client-homes/nobody-else", test_nobody_else);
    return g_test_run();
}
