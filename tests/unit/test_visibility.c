/* P(consistent at t) where it is known: replicas 40 ms from each other, clients 1 ms from all. A
 * write is committed at the replica that took it and reaches the two others 40 ms later, so that of
 * reads at a random one a third see it if they begin within 39 ms, and all of them afterwards. If
 * this failed, the curve and what is drawn from it would say something else than what clients saw.
 */
#include <math.h>
#include <string.h>

#include "report/render.h"
#include "study.h"

static const char *const text =
    "local zones = { \"x\", \"y\", \"z\", \"home\" }\n"
    "return scenario { name = \"step\", duration = s(100), warmup = s(0), runs = 8,\n"
    "  network { zones = zones, latency = ms(1),\n"
    "    link { \"x\", \"y\", latency = ms(40) }, link { \"x\", \"z\", latency = ms(40) },\n"
    "    link { \"y\", \"z\", latency = ms(40) } },\n"
    "  node \"writers\" { model = \"client.open\", arrivals = poisson(rate(5)), to = \"replica\",\n"
    "    choose = \"random\", ops = { write = 1 }, keys = one_key(1), zone = \"home\" },\n"
    "  node \"readers\" { model = \"client.open\", arrivals = poisson(rate(100)), to = "
    "\"replica\",\n"
    "    choose = \"random\", ops = { read = 1 }, keys = one_key(1), zone = \"home\" },\n"
    "  node \"replica\" { model = \"store.quorum\", count = 3, zone = { \"x\", \"y\", \"z\" },\n"
    "    read_quorum = 1, write_quorum = 1, service = s(0), read_repair = percent(0) },\n"
    "  expect \"readers.missed max < 40ms\" }\n";

static void test_step(void)
{
    struct study_place place = study_place_new(text);
    struct sim_run_options options = study_options(&place);
    struct sim_study *study = study_run(&options);
    const struct sim_result *result = study->results[0];
    double latest = result->judgements[0].estimate.value;
    g_test_message("the latest that missed a commit began %g s after it", latest);
    g_assert_cmpfloat(latest, <=, 0.0391); /* as wide as the histogram's buckets */
    g_assert_cmpfloat(latest, >, 0.0385);
    g_assert_cmpuint(result->visibility_count, ==, 1);
    const struct sim_visibility *visibility = &result->visibilities[0];
    double before = 0, seen = 0, after = 0;
    uint32_t steps = 0, right = 0; /* whose interval holds the third */
    for (uint32_t i = 0; i < visibility->step_count; i++) {
        const struct sim_visibility_step *step = &visibility->steps[i];
        const struct sim_estimate *share = &step->consistent;
        g_test_message("%g to %g s: %g (%g to %g) of %g seen", step->low, step->high, share->value,
                       share->low, share->high, step->reads);
        g_assert_true(i == 0 || step->low >= visibility->steps[i - 1].high * (1 - 1e-9));
        if (step->high <= 0.039) {
            before += step->reads;
            seen += step->reads * share->value;
            steps += step->reads > 30.0;
            right += step->reads > 30.0 && share->low < 1.0 / 3.0 && share->high > 1.0 / 3.0;
        } else if (step->low >= 0.039) {
            after += step->reads;
            g_assert_cmpfloat(share->value, ==, 1.0);
            g_assert_true(step->reads < 1000.0 || (share->low > 0.99 && share->low < 1.0));
        }
    }
    g_assert_cmpfloat(before, >, 5000);
    g_assert_cmpfloat(after, >, 20000);
    double sigma = sqrt(2.0 / 9.0 / before);
    g_test_message("%g of %g seen before", seen, before);
    g_assert_cmpfloat(fabs(seen / before - 1.0 / 3.0), <, 4 * sigma);
    g_test_message("%u of %u intervals hold it", right, steps);
    g_assert_cmpuint(steps, >=, 5);
    g_assert_cmpuint(right + 1, >=, steps); /* one in twenty may not */
    struct sim_report *report = study_report(study);
    GString *table = sim_render_visibility(report);
    g_assert_true(g_str_has_prefix(table->str, "variant,tier,since_commit_from_seconds,"));
    g_assert_nonnull(strstr(table->str, ",consistent_ratio,low,high\n"));
    g_string_free(table, TRUE);
    sim_report_free(report);
    sim_study_free(study);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/run/visibility", test_step);
    return g_test_run();
}
