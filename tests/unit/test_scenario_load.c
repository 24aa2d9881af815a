/* What a file becomes: groups, ids, machines, zones, faults, expectations, estimates. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "../errors/fake_models.h"
#include "scenario/scenario.h"

#define DB "node \"db\" { model = \"service\", service = ms(2) },"

static struct sim_scenario *load_with(const char *text, const struct sim_setting *setting,
                                      const char *variant)
{
    struct sim_load_options options = {.models = fake_models,
                                       .settings = setting,
                                       .setting_count = setting ? 1 : 0,
                                       .variant = variant};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text(text, strlen(text), "test.lua", &options, &problems);
    sim_problems_print(&problems, stderr);
    g_assert_nonnull(scenario);
    sim_problems_clear(&problems);
    return scenario;
}

/* The body of a scenario of 60 s. */
static struct sim_scenario *load(const char *body)
{
    g_autofree char *text =
        g_strdup_printf("return scenario { name = \"t\", duration = s(60), %s }", body);
    return load_with(text, NULL, NULL);
}

static void test_fields(void)
{
    struct sim_scenario *scenario = load_with(
        "-- What it \x1bis about.\n--\n-- And more.\r\nlocal x = 1\n"
        "return scenario { name = \"t\", duration = minutes(2), warmup = \"5s\", runs = 20, "
        "seed = 7, drain = s(9), cell = ms(500), precision = percent(2), " DB " }",
        NULL, NULL);
    g_assert_cmpstr(scenario->name, ==, "t");
    g_assert_cmpstr(scenario->description, ==, "What it  is about.\n\nAnd more. ");
    g_assert_cmpint(scenario->world.duration, ==, 120 * SIM_SECOND);
    g_assert_cmpint(scenario->warmup, ==, 5 * SIM_SECOND);
    g_assert_cmpint(scenario->world.drain, ==, 9 * SIM_SECOND);
    g_assert_cmpint(scenario->cell, ==, 500 * SIM_MILLISECOND);
    g_assert_cmpuint(scenario->runs, ==, 20);
    g_assert_cmpuint(scenario->seed, ==, 7);
    g_assert_cmpfloat(scenario->precision, ==, 0.02);
    sim_scenario_free(scenario);
}

static void test_name_from_file(void)
{
    struct sim_scenario *scenario =
        load_with("return scenario { duration = s(1), " DB " }", NULL, NULL);
    g_assert_cmpstr(scenario->name, ==, "test");
    g_assert_true(scenario->warmup == SIM_NEVER);
    sim_scenario_free(scenario);
}

static void test_ids_and_machines(void)
{
    struct sim_scenario *scenario = load(
        "node \"a\" { model = \"service\", service = ms(1), count = 2, count_max = 5, cores = 3 },"
        "machine \"box\" { count = 2, cores = 4, bandwidth = Gbit_s(1) },"
        "{ { node \"b\" { model = \"service\", service = ms(1), count = 3, on = \"box\" } } }," DB);
    const struct sim_world_spec *world = &scenario->world;
    g_assert_cmpuint(world->group_count, ==, 3);
    g_assert_cmpuint(world->groups[0].first_id, ==, 1);
    g_assert_cmpuint(world->groups[0].count, ==, 2);
    g_assert_cmpuint(world->groups[0].count_max, ==, 5);
    g_assert_cmpuint(world->groups[1].first_id, ==, 6);
    g_assert_cmpuint(world->groups[2].first_id, ==, 9);
    g_assert_cmpuint(world->node_count, ==, 9);
    /* Machines that are named come first, then one for each member that names none. */
    g_assert_cmpuint(world->machine_count, ==, 2 + 5 + 1);
    g_assert_cmpstr(world->machines[0].name, ==, "box[1]");
    g_assert_cmpfloat(world->machines[1].bandwidth, ==, 125e6);
    g_assert_cmpuint(world->groups[1].machines[0], ==, 0);
    g_assert_cmpuint(world->groups[1].machines[1], ==, 1);
    g_assert_cmpuint(world->groups[1].machines[2], ==, 0);
    g_assert_cmpuint(world->groups[0].machines[4], ==, 6);
    g_assert_cmpint(world->machines[6].cores, ==, 3);
    g_assert_cmpstr(world->machines[7].name, ==, "db");
    sim_scenario_free(scenario);
}

static void test_find_group(void)
{
    struct sim_scenario *scenario = load("node \"a\" { like = \"db\", count = 3 }," DB);
    uint32_t group = 9;
    uint32_t member = 9;
    g_assert_true(sim_scenario_find_group(scenario, "db", &group, &member));
    g_assert_cmpuint(group, ==, 1);
    g_assert_cmpuint(member, ==, SIM_NONE);
    g_assert_true(sim_scenario_find_group(scenario, "a[3]", &group, &member));
    g_assert_cmpuint(group, ==, 0);
    g_assert_cmpuint(member, ==, 2);
    g_assert_false(sim_scenario_find_group(scenario, "a[4]", &group, &member));
    g_assert_false(sim_scenario_find_group(scenario, "c", &group, &member));
    sim_scenario_free(scenario);
}

static void test_targets(void)
{
    struct sim_scenario *scenario = load(
        "node \"c\" { model = \"client\", arrivals = poisson(rate(1)), to = \"r[2..3] db r[1]\" },"
        "node \"d\" { like = \"c\", to = { r = percent(60), db = 0.4 } },"
        "node \"r\" { model = \"service\", service = ms(1), count = 3 }," DB
        "node \"e\" { like = \"c\", to = \"r[3] r r[3] db\" }");
    const struct fake_client *client = scenario->world.groups[0].params;
    g_assert_cmpuint(client->to.count, ==, 4);
    g_assert_cmpuint(client->to.ids[0], ==, 4);
    g_assert_cmpuint(client->to.ids[1], ==, 5);
    g_assert_cmpuint(client->to.ids[2], ==, 6);
    g_assert_cmpuint(client->to.ids[3], ==, 3);
    g_assert_null(client->to.shares);
    g_assert_cmpstr(client->to.text, ==, "r[2..3] db r[1]");
    const struct fake_client *twice = scenario->world.groups[4].params;
    g_assert_cmpuint(twice->to.count, ==, 4); /* each node once, where it is named first */
    g_assert_cmpuint(twice->to.ids[0], ==, 5);
    g_assert_cmpuint(twice->to.ids[3], ==, 6);
    const struct fake_client *other = scenario->world.groups[1].params;
    g_assert_cmpuint(other->to.count, ==, 4);
    g_assert_cmpfloat_with_epsilon(other->to.shares[0], 0.2, 1e-15);
    g_assert_cmpuint(other->to.ids[3], ==, 6);
    g_assert_cmpfloat_with_epsilon(other->to.shares[3], 0.4, 1e-15);
    sim_scenario_free(scenario);
}

static void test_params(void)
{
    struct sim_scenario *scenario = load(
        "node \"c\" { model = \"client\", arrivals = poisson(per_minute(60)), to = \"db\","
        "  timeout = \"250ms\", ops = { write = percent(10), read = 0.9 }, retry = none,"
        "  bytes = \"2KiB\", think = 0.5 * ms(3) },"
        "node \"k\" { model = \"cache\", capacity = 1e5, policy = \"s3fifo\", miss_to = \"db\","
        "  ttl = none, coalesce = true },"
        "node \"db\" { model = \"service\", limit = \"850/s\", upload = \"1Gbit/s\","
        "  service = { read = ms(1), write = exponential(ms(3)), other = ms(7) } }");
    const struct fake_client *client = scenario->world.groups[0].params;
    const struct fake_cache *cache = scenario->world.groups[1].params;
    const struct fake_service *service = scenario->world.groups[2].params;
    g_assert_cmpstr(client->arrivals.constructor->name, ==, "poisson");
    g_assert_null(client->retry.constructor);
    g_assert_cmpint(client->timeout, ==, 250 * SIM_MILLISECOND);
    g_assert_cmpuint(client->ops.count, ==, 2);
    g_assert_cmpuint(client->ops.operation[0], ==, SIM_OP_READ);
    g_assert_cmpfloat(client->ops.cumulative[0], ==, 0.9);
    g_assert_cmpfloat(client->ops.cumulative[1], ==, 1);
    g_assert_cmpfloat(sim_dist_mean(client->bytes), ==, 2048);
    g_assert_cmpfloat(sim_dist_mean(client->think), ==, 0.0015);
    g_assert_cmpint(cache->capacity, ==, 100000);
    g_assert_cmpint(cache->policy, ==, 2);
    g_assert_true(cache->ttl == SIM_NEVER);
    g_assert_true(cache->coalesce);
    g_assert_cmpint(cache->object_bytes, ==, 1024);
    g_assert_null(cache->note);
    g_assert_cmpfloat(service->limit, ==, 850);
    g_assert_cmpfloat(service->upload, ==, 125e6);
    g_assert_cmpfloat(sim_dist_mean(service->service.law[SIM_OP_READ]), ==, 0.001);
    g_assert_cmpfloat(sim_dist_mean(service->service.law[SIM_OP_WRITE]), ==, 0.003);
    g_assert_cmpfloat(sim_dist_mean(service->service.law[SIM_OP_SCAN]), ==, 0.007);
    sim_scenario_free(scenario);
}

static void test_like(void)
{
    struct sim_scenario *scenario =
        load("node \"b\" { like = \"a\", servers = 3 },"
             "node \"c\" { like = \"b\", queue_limit = 9, count = 2 },"
             "node \"a\" { model = \"service\", service = ms(1), servers = 2, queue_limit = 5 }");
    const struct fake_service *b = scenario->world.groups[0].params;
    const struct fake_service *c = scenario->world.groups[1].params;
    const struct fake_service *a = scenario->world.groups[2].params;
    g_assert_cmpint(b->servers, ==, 3);
    g_assert_cmpint(b->queue_limit, ==, 5);
    g_assert_cmpint(c->servers, ==, 3);
    g_assert_cmpint(c->queue_limit, ==, 9);
    g_assert_cmpint(a->servers, ==, 2);
    g_assert_cmpuint(scenario->world.groups[1].count, ==, 2);
    sim_scenario_free(scenario);
}

static void test_no_network(void)
{
    struct sim_scenario *scenario = load(DB);
    g_assert_false(scenario->world.network.is_given);
    g_assert_cmpuint(scenario->world.network.zone_count, ==, 1);
    g_assert_null(scenario->world.network.links[0].latency);
    g_assert_cmpint(scenario->world.groups[0].transport.kind, ==, SIM_TRANSPORT_CONNECTION);
    g_assert_true(scenario->world.groups[0].transport.warm);
    sim_scenario_free(scenario);
}

static void test_network(void)
{
    struct sim_scenario *scenario = load(
        "network { zones = { \"eu\", \"us\" }, latency = ms(1), loss = percent(1),"
        "  link { \"eu\", \"us\", latency = ms(40) },"
        "  link { \"us\", \"eu\", one_way = true, loss = percent(5) } },"
        "node \"db\" { model = \"service\", service = ms(2), zone = { \"us\", \"eu\" }, count = 3,"
        "  transport = datagram() }");
    const struct sim_network_spec *network = &scenario->world.network;
    const struct sim_link_law *links = network->links;
    g_assert_true(network->is_given);
    g_assert_cmpfloat(sim_dist_mean(links[0].latency), ==, 0.001);
    g_assert_cmpfloat(sim_dist_mean(links[1].latency), ==, 0.040);
    g_assert_cmpfloat(sim_dist_mean(links[2].latency), ==, 0.040);
    g_assert_cmpfloat(links[1].loss, ==, 0.01);
    g_assert_cmpfloat(links[2].loss, ==, 0.05);
    g_assert_cmpuint(scenario->world.machines[0].zone, ==, 1);
    g_assert_cmpuint(scenario->world.machines[1].zone, ==, 0);
    g_assert_cmpuint(scenario->world.machines[2].zone, ==, 1);
    g_assert_cmpint(scenario->world.groups[0].transport.kind, ==, SIM_TRANSPORT_DATAGRAM);
    sim_scenario_free(scenario);
}

/* Means of a round trip are the published ones. */
static void test_presets(void)
{
    struct sim_scenario *scenario =
        load("network { preset = \"ec2-2013\", zones = { \"Virginia\", \"Oregon\" } },"
             "node \"db\" { model = \"service\", service = ms(2), zone = \"Virginia\" }");
    const struct sim_link_law *links = scenario->world.network.links;
    g_assert_cmpfloat_with_epsilon(sim_dist_mean(links[1].latency), 0.082645986 / 2, 1e-9);
    g_assert_cmpfloat_with_epsilon(sim_dist_quantile(links[1].latency, 0.5), 0.0809 / 2, 1e-12);
    g_assert_nonnull(scenario->world.network.source);
    sim_scenario_free(scenario);
    scenario =
        load("network { preset = \"ibm-2026-01\", loss = percent(1) },"
             "node \"db\" { model = \"service\", service = ms(2), zone = \"Washington-DC\" }");
    g_assert_cmpuint(scenario->world.network.zone_count, ==, 12);
    g_assert_cmpfloat(sim_dist_mean(scenario->world.network.links[1].latency), ==, 0.017);
    g_assert_cmpfloat(sim_dist_mean(scenario->world.network.links[12].latency), ==, 0.0165);
    g_assert_cmpfloat(scenario->world.network.links[7].loss, ==, 0.01);
    sim_scenario_free(scenario);
}

static void test_disk(void)
{
    struct sim_scenario *scenario =
        load("node \"db\" { model = \"service\", service = ms(2),"
             "  disk = disk { fsync = ms(3), bandwidth = MB_s(100), queue_depth = 4 } }");
    const struct sim_disk_spec *disk = &scenario->world.machines[0].disk;
    g_assert_true(disk->is_given);
    g_assert_null(disk->read);
    g_assert_cmpfloat(sim_dist_mean(disk->fsync), ==, 0.003);
    g_assert_cmpfloat(disk->bandwidth, ==, 100e6);
    g_assert_cmpint(disk->queue_depth, ==, 4);
    sim_scenario_free(scenario);
}

static void test_faults(void)
{
    struct sim_scenario *scenario =
        load("machine \"box\" {},"
             "node \"a\" { model = \"service\", service = ms(1), count = 3, zone = \"eu\" },"
             "node \"b\" { model = \"service\", service = ms(1), on = \"box\" },"
             "node \"c\" { model = \"client\", arrivals = poisson(rate(1)), to = \"a\" },"
             "partition { sides = { \"eu\", \"box\" }, from = s(1), to = s(2), one_way = true },"
             "crash { \"a[2]\", \"box\", from = s(3), silent = true },"
             "slow { \"a\", factor = 20, from = s(4), to = s(5), label = \"brown-out\" },"
             "degrade { \"a[1]\", \"b\", extra = ms(5), loss = percent(3) },"
             "clock { \"b\", shift = -ms(20) },"
             "disk_stall { \"b\", from = s(1), to = s(2) },"
             "surge { \"c\", factor = 0.5 },"
             "scale { \"a\", from = s(9), count = 1 },"
             "pause { \"a\", mttf = exponential(s(9)), mttr = s(1) }");
    const struct sim_fault_spec *faults = scenario->world.faults;
    g_assert_cmpuint(scenario->world.fault_count, ==, 9);
    g_assert_cmpint(faults[0].kind, ==, SIM_FAULT_PARTITION);
    g_assert_cmpuint(faults[0].sides[0].count, ==, 3);
    g_assert_cmpuint(faults[0].sides[1].ids[0], ==, 4);
    g_assert_true(faults[0].one_way);
    g_assert_cmpint(faults[1].from, ==, 3 * SIM_SECOND);
    g_assert_true(faults[1].to == SIM_NEVER);
    g_assert_true(faults[1].silent);
    g_assert_cmpuint(faults[1].targets.count, ==, 2);
    g_assert_cmpuint(faults[1].targets.ids[0], ==, 2);
    g_assert_cmpstr(faults[2].label, ==, "brown-out");
    g_assert_cmpfloat(faults[2].factor, ==, 20);
    g_assert_cmpint(faults[3].extra, ==, 5 * SIM_MILLISECOND);
    g_assert_cmpfloat(faults[3].factor, ==, 1);
    g_assert_cmpint(faults[4].shift, ==, -20 * SIM_MILLISECOND);
    g_assert_cmpint(faults[5].kind, ==, SIM_FAULT_DISK);
    g_assert_cmpfloat(faults[5].factor, ==, 0);
    g_assert_cmpuint(faults[7].group, ==, 0);
    g_assert_cmpuint(faults[7].members, ==, 1);
    g_assert_cmpfloat(sim_dist_mean(faults[8].mttf), ==, 9);
    g_assert_cmpstr(faults[8].label, ==, "pause");
    sim_scenario_free(scenario);
}

/* As many faults on average as were asked for, over all kinds and targets. */
static void test_swarm(void)
{
    struct sim_scenario *scenario =
        load("node \"a\" { model = \"service\", service = ms(1), count = 4 },"
             "swarm { \"a\", kinds = { \"crash\", \"slow\", \"partition\" }, faults = 6,"
             "  from = s(10), to = s(50), lasts = s(2) }");
    double mean_count = 0;
    g_assert_cmpuint(scenario->world.fault_count, ==, 2 + 4);
    for (uint32_t i = 0; i < scenario->world.fault_count; i++) {
        const struct sim_fault_spec *fault = &scenario->world.faults[i];
        double targets = fault->kind == SIM_FAULT_PARTITION ? 1 : fault->targets.count;
        mean_count += targets * 40 / sim_dist_mean(fault->mttf);
        g_assert_cmpfloat(sim_dist_mean(fault->mttr), ==, 2);
        g_assert_cmpuint(fault->swarm, ==, 1);
    }
    g_assert_cmpfloat_with_epsilon(mean_count, 6, 1e-9);
    sim_scenario_free(scenario);

    /* Each is a swarm of its own; a fault by itself is in none. */
    scenario = load("node \"a\" { model = \"service\", service = ms(1) },"
                    "swarm { \"a\", kinds = { \"crash\" } }, crash { \"a\", mttf = s(9) },"
                    "swarm { \"a\", kinds = { \"slow\", \"pause\" } }");
    static const uint32_t swarms[] = {1, 0, 2, 2};
    g_assert_cmpuint(scenario->world.fault_count, ==, 4);
    for (uint32_t i = 0; i < 4; i++) {
        g_assert_cmpuint(scenario->world.faults[i].swarm, ==, swarms[i]);
    }
    sim_scenario_free(scenario);
}

static void test_expectations(void)
{
    struct sim_scenario *scenario =
        load("warmup = s(5), node \"db\" { model = \"service\", service = ms(2), count = 2, "
             "per_member = true },"
             "expect \"db.latency p99.9 < 50ms\","
             "expect { \"db[2].latency.answered mean<=0.1s\", from = s(10), to = s(20) },"
             "expect \"db.busy mean < 80%\", expect \"db.queued max <= 12\","
             "expect \"db.goodput rate > 850/s\", expect \"db.issued total > 1e6\","
             "expect \"db.hits ratio > 0.5\", expect \"db.success ratio >= 99.95 %\","
             "expect \"db.availability.windows ratio >= 0.9\", expect \"db.sizes p50 < 2KiB\"");
    const struct sim_expectation *e = scenario->expectations;
    g_assert_cmpuint(scenario->expectation_count, ==, 10);
    g_assert_cmpint(e[0].figure.aggregate, ==, SIM_AGGREGATE_QUANTILE);
    g_assert_cmpfloat(e[0].figure.quantile, ==, 0.999);
    g_assert_cmpfloat(e[0].bound, ==, 0.05);
    g_assert_cmpint(e[0].comparison, ==, SIM_OP_LESS);
    g_assert_cmpint(e[0].window.from, ==, 5 * SIM_SECOND);
    g_assert_cmpint(e[0].window.to, ==, 60 * SIM_SECOND);
    g_assert_cmpuint(e[1].figure.member, ==, 1);
    g_assert_cmpstr(e[1].figure.metric, ==, "latency.answered");
    g_assert_cmpint(e[1].comparison, ==, SIM_OP_LESS_EQUAL);
    g_assert_cmpstr(e[1].text, ==, "db[2].latency.answered mean <= 0.1s");
    g_assert_cmpint(e[1].window.from, ==, 10 * SIM_SECOND);
    g_assert_cmpfloat(e[2].bound, ==, 0.8);
    g_assert_cmpfloat(e[3].bound, ==, 12);
    g_assert_cmpfloat(e[4].bound, ==, 850);
    g_assert_cmpint(e[4].figure.aggregate, ==, SIM_AGGREGATE_MEAN);
    g_assert_cmpint(e[5].figure.aggregate, ==, SIM_AGGREGATE_TOTAL);
    g_assert_cmpint(e[6].figure.aggregate, ==, SIM_AGGREGATE_RATIO);
    g_assert_cmpfloat(e[7].bound, ==, 0.9995);
    g_assert_cmpstr(e[8].figure.metric, ==, "availability.windows");
    g_assert_cmpfloat(e[9].bound, ==, 2048);
    sim_scenario_free(scenario);
}

static void test_estimates(void)
{
    struct sim_scenario *scenario = load(
        DB "estimate \"storage\" (800 * posts / timeline * bytes(8) / post * 500e6 * timelines),"
           "estimate \"machines\" { math.ceil(9.6 * TB(1) / (GB(50) / machine)),"
           "  simulated = \"db.busy mean\" },"
           "estimate { z = 100e3 * reads / days(1), a = latency.L1 * 2, shelves = 2 * unit "
           "\"shelf\" }");
    const struct sim_estimate_line *lines = scenario->estimates;
    g_assert_cmpuint(scenario->estimate_count, ==, 5);
    g_assert_cmpfloat(lines[0].value, ==, 3.2e12);
    g_assert_cmpstr(lines[0].text, ==, "3.2 TB");
    g_assert_cmpstr(lines[0].unit, ==, "bytes");
    g_assert_cmpstr(lines[1].text, ==, "192 machines");
    g_assert_cmpstr(lines[1].figure.metric, ==, "busy");
    g_assert_cmpstr(lines[2].name, ==, "z");
    g_assert_cmpstr(lines[2].text, ==, "1.16 reads/s");
    g_assert_cmpstr(lines[3].unit, ==, "seconds");
    g_assert_cmpfloat_with_epsilon(lines[3].value, 1e-9, 1e-20);
    g_assert_cmpstr(lines[4].unit, ==, "shelf");
    sim_scenario_free(scenario);
}

/* Two loads in one process do not know of one another. */
static void test_no_state(void)
{
    struct sim_scenario *first = load("node \"a\" { model = \"service\", service = ms(1) }");
    struct sim_scenario *other = load("node \"b\" { model = \"service\", service = ms(2) }");
    struct sim_scenario *again = load("node \"a\" { model = \"service\", service = ms(1) }");
    g_assert_cmpstr(first->print, ==, again->print);
    g_assert_true(first->hash == again->hash && first->hash != other->hash);
    sim_scenario_free(first);
    sim_scenario_free(other);
    sim_scenario_free(again);
}

static void test_no_file(void)
{
    struct sim_load_options options = {.models = fake_models};
    struct sim_problems problems;
    sim_problems_init(&problems);
    g_assert_null(sim_scenario_load("/nowhere/at/all.lua", &options, &problems));
    g_assert_true(problems.is_io);
    g_assert_cmpuint(problems.count, ==, 1);
    sim_problems_clear(&problems);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/fields", test_fields);
    g_test_add_func("/scenario/name_from_file", test_name_from_file);
    g_test_add_func("/scenario/ids_and_machines", test_ids_and_machines);
    g_test_add_func("/scenario/find_group", test_find_group);
    g_test_add_func("/scenario/targets", test_targets);
    g_test_add_func("/scenario/params", test_params);
    g_test_add_func("/scenario/like", test_like);
    g_test_add_func("/scenario/no_network", test_no_network);
    g_test_add_func("/scenario/network", test_network);
    g_test_add_func("/scenario/presets", test_presets);
    g_test_add_func("/scenario/disk", test_disk);
    g_test_add_func("/scenario/faults", test_faults);
    g_test_add_func("/scenario/swarm", test_swarm);
    g_test_add_func("/scenario/expectations", test_expectations);
    g_test_add_func("/scenario/estimates", test_estimates);
    g_test_add_func("/scenario/no_state", test_no_state);
    g_test_add_func("/scenario/no_file", test_no_file);
    return g_test_run();
}
