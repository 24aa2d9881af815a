/* Discovery by a registry: stories in exact virtual time. If these failed, callers would go on
 * asking the dead for another time than the page says, or lose the living.
 *
 * Two servers report every second and are asked in turn, ten requests a second. The registry sweeps
 * every second and the balancer asks it at 0, 1, 8, 15, 22, 29, 36, 43, ...
 */
#include "balancer/balancer.h"
#include "fixture.h"
#include "models.h"

static void build(struct fixture *f, const char *registry, const char *gate)
{
    fixture_init(f, s(200));
    fixture_add_node(f, "registry", &sim_model_registry, registry);
    fixture_add_group(f, "web", &sim_model_service,
                      "service = ms(1), report_to = 'registry', report_every = s(1)", 2, 3);
    fixture_group(f, "web")->per_member = true;
    fixture_add_node(f, "gate", &sim_model_balancer, gate);
    fixture_add_node(f, "users", &sim_model_client_open,
                     "arrivals = regular { rate = rate(10), phase = ms(50) }, to = 'gate'");
}

#define REGISTRY "to = 'web', ttl = s(10), sweep = s(1)"
#define GATE "to = 'web', registry = 'registry', poll = s(7), retries = 0"

static int64_t listed(struct fixture *f, double time)
{
    fixture_run_until(f, s(time));
    return fixture_level(f, "registry", "listed");
}

static uint64_t failed(struct fixture *f, double time)
{
    fixture_run_until(f, s(time));
    return fixture_total(f, "users", "failed");
}

/* It dies at 20, was heard last after 19, is off the list at 30, and the balancer knows at 36: five
 * requests a second fail for 16 s. Back at 50, it is listed at 51 and asked again from 57 on. */
static void test_dead_is_listed(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(50), "web[2]");
    fixture_start(&f);
    g_assert_cmpint(listed(&f, 0), ==, 2);
    g_assert_cmpint(listed(&f, 29.999), ==, 2);
    g_assert_cmpint(listed(&f, 30), ==, 1);
    g_assert_cmpuint(failed(&f, 36), ==, 16 * 5);
    g_assert_cmpuint(failed(&f, 50), ==, 16 * 5);
    g_assert_cmpint(listed(&f, 51), ==, 2);
    uint64_t before = fixture_total(&f, "web[2]", "issued");
    fixture_run_until(&f, s(57));
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, before);
    fixture_run_until(&f, s(58));
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, before + 5);
    g_assert_cmpuint(fixture_total(&f, "registry", "added"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "registry", "removed"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "registry", "lookups"), ==, 2 + 8);
    fixture_clear(&f);
}

/* Its heartbeats are lost from 20 to 40; it is well all the time and goes off the list all the
 * same: nobody asks it from 36 on, and again when the balancer has asked at 43. */
static void test_false_removal(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    fixture_start(&f);
    fixture_run_until(&f, s(20));
    fixture_cut(&f, "web[2]", "registry", true);
    g_assert_cmpint(listed(&f, 30), ==, 1);
    fixture_run_until(&f, s(36));
    uint64_t before = fixture_total(&f, "web[2]", "issued");
    fixture_run_until(&f, s(40));
    fixture_cut(&f, "web[2]", "registry", false);
    g_assert_cmpint(listed(&f, 41), ==, 2);
    fixture_run_until(&f, s(43));
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, before);
    fixture_run_until(&f, s(45));
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, before + 10);
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, 0);
    fixture_clear(&f);
}

/* Half of all is not heard: with preserve at 50 % that one goes, with 51 % nobody does. */
static void test_preserve(void)
{
    for (int more = 0; more < 2; more++) {
        struct fixture f;
        build(&f, more ? REGISTRY ", preserve = percent(51)" : REGISTRY ", preserve = percent(50)",
              GATE);
        fixture_start(&f);
        fixture_run_until(&f, s(20));
        fixture_cut(&f, "web[2]", "registry", true);
        g_assert_cmpint(listed(&f, 100), ==, more ? 2 : 1);
        fixture_clear(&f);
    }
}

/* The registry dies at 20: the balancer goes on with what it knows. Back at 30 it knows nobody,
 * tells nobody at once, and both when they have reported; the balancer asks at 36. */
static void test_registry_dies(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(30), "registry");
    fixture_start(&f);
    g_assert_cmpint(listed(&f, 20), ==, 0);
    g_assert_cmpint(listed(&f, 30), ==, 0);
    g_assert_cmpint(listed(&f, 31), ==, 2);
    g_assert_cmpuint(failed(&f, 60), ==, 0);
    fixture_clear(&f);
}

/* It comes back just before it is asked and has heard nobody: then there is nobody, until the
 * balancer asks again at 43. */
static void test_empty_list(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(36) - ms(1), "registry");
    fixture_start(&f);
    g_assert_cmpuint(failed(&f, 36), ==, 0);
    g_assert_cmpuint(failed(&f, 60), ==, 70);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==,
                     fixture_total(&f, "users", "failed"));
    fixture_clear(&f);
}

/* A third member comes at 20 + 5: it is asked when it has reported and the balancer has asked. */
static void test_comes(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    struct sim_fault_spec *more = fixture_add_fault(&f, SIM_FAULT_MEMBERS, s(20), SIM_NEVER, NULL);
    more->group = 1;
    more->members = 3;
    more->boot = s(5);
    fixture_start(&f);
    g_assert_cmpint(listed(&f, 25), ==, 2);
    g_assert_cmpint(listed(&f, 26), ==, 3);
    fixture_run_until(&f, s(29));
    g_assert_cmpuint(fixture_total(&f, "web[3]", "issued"), ==, 0);
    fixture_run_until(&f, s(32));
    g_assert_cmpuint(fixture_total(&f, "web[3]", "issued"), ==, 10);
    fixture_clear(&f);
}

/* Half of the heartbeats are lost, and two in a row are one silence too long: of some 2 x 500 that
 * arrive each is followed by a false removal with a probability of a quarter. (Of 1,000 draws that
 * is 250, with a standard deviation of 15.) */
static void test_losses(void)
{
    struct fixture f;
    fixture_init(&f, s(1000));
    fixture_add_node(&f, "registry", &sim_model_registry,
                     "to = 'web', ttl = s(2.5), sweep = ms(100)");
    fixture_add_group(&f, "web", &sim_model_service,
                      "service = ms(1), report_to = 'registry', report_every = s(1)", 2, 2);
    fixture_group(&f, "web")->transport.kind = SIM_TRANSPORT_DATAGRAM;
    fixture_link(&f, 0, 0)->loss = 0.5;
    fixture_start(&f);
    fixture_run_until(&f, s(1000));
    uint64_t removed = fixture_total(&f, "registry", "removed");
    g_assert_cmpuint(removed, >, 250 - 60);
    g_assert_cmpuint(removed, <, 250 + 60);
    fixture_clear(&f);
}

/* A balancer that is up before the registry knows nobody, and asks again after a second. */
static void test_nobody_yet(void)
{
    struct fixture f;
    build(&f, REGISTRY, GATE);
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, s(100), "gate");
    fixture_add_fault(&f, SIM_FAULT_PAUSE, s(99.5), s(100.5), "registry");
    fixture_start(&f);
    uint64_t before = failed(&f, 100);
    g_assert_cmpuint(before, ==, 1000);
    fixture_run_until(&f, s(150));
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), ==, 5); /* until 100.5 */
    fixture_clear(&f);

    build(&f, REGISTRY, GATE);
    fixture_add_fault(&f, SIM_FAULT_CRASH, 0, s(100), "gate");
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(50), s(100.5), "registry");
    fixture_start(&f);
    fixture_run_until(&f, s(150));
    /* The lookup of 100 is lost; at 101 the list is empty or has who has reported by then. */
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), <=, 20);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), >=, 10);
    fixture_clear(&f);
}

/* A thousand members take three listings: each is asked once in a thousand. */
static void test_many(void)
{
    struct fixture f;
    fixture_init(&f, s(100));
    fixture_add_node(&f, "registry", &sim_model_registry, "to = 'web', ttl = s(1000)");
    fixture_add_group(&f, "web", &sim_model_service, "service = ms(1)", 1000, 1000);
    fixture_group(&f, "web")->per_member = true;
    fixture_add_node(&f, "gate", &sim_model_balancer, GATE);
    fixture_add_node(&f, "users", &sim_model_client_open,
                     "arrivals = regular { rate = rate(100), phase = ms(5) }, to = 'gate'");
    fixture_start(&f);
    fixture_run_until(&f, s(10));
    for (uint32_t i = 1; i <= 1000; i++) {
        g_autofree char *name = g_strdup_printf("web[%u]", i);
        g_assert_cmpuint(fixture_total(&f, name, "issued"), ==, 1);
    }
    fixture_clear(&f);
}

/* ---- watching ---- */

#define WATCH "to = 'web', registry = 'registry', watch = true, retries = 0"

/* As in test_dead_is_listed, but the balancer knows when the registry does: at 30, and at the first
 * heartbeat after 50. */
static void test_watch(void)
{
    struct fixture f;
    build(&f, REGISTRY, WATCH);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(50), "web[2]");
    fixture_start(&f);
    g_assert_cmpuint(failed(&f, 29.999), ==, 10 * 5);
    g_assert_cmpint(listed(&f, 30), ==, 1);
    g_assert_cmpuint(failed(&f, 50), ==, 10 * 5);
    g_assert_cmpint(listed(&f, 51), ==, 2);
    uint64_t before = fixture_total(&f, "web[2]", "issued");
    fixture_run_until(&f, s(52));
    g_assert_cmpuint(fixture_total(&f, "web[2]", "issued"), ==, before + 5);
    g_assert_cmpuint(failed(&f, 60), ==, 10 * 5);
    g_assert_cmpint(fixture_level(&f, "registry", "watchers"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "registry", "pushed"), ==, 3 + 2); /* web can be three */
    g_assert_cmpuint(fixture_total(&f, "registry", "lookups"), ==, 0);
    fixture_clear(&f);
}

/* 40 ms away: the change of 30 is known at 30.04. */
static void test_watch_takes_its_way(void)
{
    struct fixture f;
    build(&f, REGISTRY, WATCH);
    fixture_link_latency(&f, ms(40));
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), SIM_NEVER, "web[2]");
    fixture_start(&f);
    fixture_run_until(&f, s(31));
    uint64_t second = fixture_total(&f, "users", "failed");
    fixture_run_until(&f, s(100));
    g_assert_cmpuint(fixture_total(&f, "users", "failed"), ==, second);
    g_assert_cmpuint(fixture_total(&f, "users", "unavailable"), <=, 2 + 10 * 5); /* and at first */
    fixture_clear(&f);
}

/* The registry is gone from 20 to 30: the balancer goes on with what it knows, and opens the stream
 * again as soon as it can. What it is told then is that there is nobody, until they have reported.
 */
static void test_watch_broken(void)
{
    struct fixture f;
    build(&f, REGISTRY, WATCH);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(29.5), "registry");
    fixture_start(&f);
    g_assert_cmpuint(failed(&f, 29.999), ==, 0);
    g_assert_cmpint(fixture_level(&f, "registry", "watchers"), ==, 0);
    fixture_run_until(&f, s(30));
    g_assert_cmpint(fixture_level(&f, "registry", "watchers"), ==, 1);
    uint64_t after = failed(&f, 30.5);
    g_assert_cmpuint(after, <=, 5);
    g_assert_cmpuint(failed(&f, 100), ==, after);
    fixture_clear(&f);
}

/* A balancer that dies is watched for no more, and begins anew. */
static void test_watcher_dies(void)
{
    struct fixture f;
    build(&f, REGISTRY, WATCH);
    fixture_add_fault(&f, SIM_FAULT_CRASH, s(20), s(40), "gate");
    fixture_start(&f);
    fixture_run_until(&f, s(30));
    g_assert_cmpint(fixture_level(&f, "registry", "watchers"), ==, 0);
    g_assert_cmpuint(failed(&f, 40), ==, 200);
    g_assert_cmpuint(failed(&f, 60), ==, 200);
    g_assert_cmpint(fixture_level(&f, "registry", "watchers"), ==, 1);
    g_assert_cmpuint(fixture_total(&f, "registry", "pushed"), ==, 3 + 3);
    fixture_clear(&f);
}

static void test_one_registry(void)
{
    struct balancer_params params = {.discovery = {.registry = {.count = 1}}};
    g_assert_null(balancer_validate(&params));
    params.discovery.registry.count = 2;
    g_assert_nonnull(balancer_validate(&params));
    params.discovery.registry.count = 0;
    g_assert_null(balancer_validate(&params));
    params.discovery.watch = true;
    g_assert_nonnull(balancer_validate(&params));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/dead-is-listed", test_dead_is_listed);
    g_test_add_func("/registry/false-removal", test_false_removal);
    g_test_add_func("/registry/preserve", test_preserve);
    g_test_add_func("/registry/registry-dies", test_registry_dies);
    g_test_add_func("/registry/empty-list", test_empty_list);
    g_test_add_func("/registry/comes", test_comes);
    g_test_add_func("/registry/losses", test_losses);
    g_test_add_func("/registry/nobody-yet", test_nobody_yet);
    g_test_add_func("/registry/many", test_many);
    g_test_add_func("/registry/one-registry", test_one_registry);
    g_test_add_func("/registry/watch", test_watch);
    g_test_add_func("/registry/watch-takes-its-way", test_watch_takes_its_way);
    g_test_add_func("/registry/watch-broken", test_watch_broken);
    g_test_add_func("/registry/watcher-dies", test_watcher_dies);
    return g_test_run();
}
