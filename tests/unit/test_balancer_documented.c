/* A policy that is not in the list: its file, its row and its scenario stand in
 * docs/models/balancer.md, from where the build takes them (tests/documented/build.sh). If this
 * failed, "one file and one row" would not be true, or the page would be wrong.
 */
#include <glib.h>

#include "balancer/policy.h"
#include "models.h"
#include "run/study.h"

static void test_row(void)
{
    g_assert_true(balancer_policies[0] == &balancer_packing);
    g_assert_cmpstr(balancer_policy_names[0], ==, "packing");
    g_assert_cmpstr(balancer_policies[1]->name, ==, "round_robin");
}

static void test_scenario(void)
{
    struct sim_run_options options = {
        .models = sim_models, .path = BRINK_DOCUMENTED_DIR "/packing.lua", .jobs = 1};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_study *study = sim_study_run(&options, &problems);
    if (study == NULL) {
        sim_problems_print(&problems, stderr);
        g_error("%s is no scenario", options.path);
    }
    const struct sim_result *result = study->results[0];
    g_assert_cmpuint(result->judgement_count, ==, 2);
    for (uint32_t i = 0; i < result->judgement_count; i++) {
        g_assert_cmpint(result->judgements[i].verdict, ==, SIM_PASS);
    }
    sim_study_free(study);
    sim_problems_clear(&problems);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balancer-documented/row", test_row);
    g_test_add_func("/balancer-documented/scenario", test_scenario);
    return g_test_run();
}
