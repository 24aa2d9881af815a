/* Variants, settings and sweeps: what one file becomes in different cases. */
#include <glib.h>
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

static const char variants[] =
    "return scenario { name = \"t\", duration = s(60),"
    "  node \"db\" { model = \"service\", service = ms(2) },"
    "  variant \"slow\" { node \"db\" { model = \"service\", service = ms(9) }, crash { \"db\" } },"
    "  variant \"clients\" { node \"c\" { model = \"client\", arrivals = poisson(rate(1)), to = "
    "\"db\" } },"
    "  expect { \"c.latency p99 < 1s\", variant = \"clients\" },"
    "  expect \"db.latency p99 < 1s\", plot { \"c.latency\", per = \"variant\" } }";

static void test_variants(void)
{
    struct sim_scenario *base = load_with(variants, NULL, NULL);
    g_assert_cmpuint(base->variant_count, ==, 2);
    g_assert_cmpstr(base->variants[0], ==, "slow");
    g_assert_null(base->variant);
    g_assert_true(base->needs_variant); /* the plot names what only a variant has */
    g_assert_cmpuint(base->expectation_count, ==, 1);
    g_assert_cmpuint(base->plot_count, ==, 0);
    struct sim_scenario *clients = load_with(variants, NULL, "clients");
    g_assert_cmpstr(clients->variant, ==, "clients");
    g_assert_false(clients->needs_variant);
    g_assert_cmpuint(clients->expectation_count, ==, 2);
    g_assert_cmpstr(clients->expectations[0].variant, ==, "clients");
    g_assert_cmpuint(clients->plot_count, ==, 1);
    g_assert_cmpuint(clients->world.group_count, ==, 2);
    sim_scenario_free(base);
    sim_scenario_free(clients);
}

static void test_variant_replaces(void)
{
    g_autofree char *text = g_strdup(variants);
    *strstr(text, " plot {") = '\0';
    g_autofree char *whole = g_strconcat(text, "}", NULL);
    struct sim_scenario *slow = load_with(whole, NULL, "slow");
    const struct fake_service *service = slow->world.groups[0].params;
    g_assert_cmpuint(slow->world.group_count, ==, 1);
    g_assert_cmpfloat(sim_dist_mean(service->service.law[0]), ==, 0.009);
    g_assert_cmpuint(slow->world.fault_count, ==, 1);
    g_assert_cmpuint(slow->expectation_count, ==, 1);
    sim_scenario_free(slow);
}

static void test_settings(void)
{
    static const struct {
        const char *fallback, *setting, *value;
    } rows[] = {{"5", "7", "7"},
                {"10e3", "2e4", "20000"},
                {"ms(5)", "2s", "s(2)"},
                {"ms(5)", "us(1.5)", "us(1.5)"},
                {"percent(5)", "0.2", "0.2"},
                {"percent(5)", "20%", "percent(20)"},
                {"\"lru\"", "fifo", "\"fifo\""},
                {"\"lru\"", "\"fifo\"", "\"fifo\""},
                {"true", "false", "false"},
                {"none", "exponential(ms(2))", "exponential(ms(2))"},
                {"rate(5)", "850/s", "rate(850)"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct sim_setting setting = {"p", rows[i].setting};
        g_autofree char *text =
            g_strdup_printf("local p = param(\"p\", %s) return scenario { duration = s(1), " DB "}",
                            rows[i].fallback);
        struct sim_scenario *scenario = load_with(text, &setting, NULL);
        g_assert_cmpuint(scenario->param_count, ==, 1);
        g_assert_cmpstr(scenario->params[0].name, ==, "p");
        g_assert_cmpstr(scenario->params[0].value, ==, rows[i].value);
        sim_scenario_free(scenario);
    }
}

static void test_sweep(void)
{
    struct sim_scenario *scenario =
        load_with("local n = param(\"n\", 3) local law = param(\"law\", ms(2))\n"
                  "return scenario { duration = s(1), " DB "\n"
                  " sweep { n = { 1, 2e3 }, law = { ms(1), us(1.5) } }, plot { \"db.busy mean\", "
                  "against = \"n\" } }",
                  NULL, NULL);
    g_assert_cmpuint(scenario->sweep_count, ==, 2);
    g_assert_cmpstr(scenario->sweeps[0].name, ==, "n"); /* as in the file */
    g_assert_cmpstr(scenario->sweeps[0].values[1], ==, "2000");
    g_assert_cmpstr(scenario->sweeps[1].values[1], ==, "us(1.5)");
    g_assert_cmpuint(scenario->plot_count, ==, 1);
    g_assert_null(strstr(scenario->print, "plot")); /* over many settings: not of this one */
    sim_scenario_free(scenario);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/variants", test_variants);
    g_test_add_func("/scenario/variant_replaces", test_variant_replaces);
    g_test_add_func("/scenario/settings", test_settings);
    g_test_add_func("/scenario/sweep", test_sweep);
    return g_test_run();
}
