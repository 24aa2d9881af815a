/* What a source gets before, during and after scheduled faults. If this failed, a summary would
 * blame a fault for what another one did, or praise a system for the time before it.
 */
#include <math.h>
#include <string.h>

#include "report/render.h"
#include "study.h"

/* Users who ask once a second, at 0 s, 1 s, ..., and are answered 20 ms later where somebody is up.
 */
static struct sim_study *play(struct study_place *place, const char *faults)
{
    g_autofree char *text = g_strconcat(
        "return scenario { name = \"outages\", duration = s(60), warmup = s(5), runs = 2,\n"
        "  network { latency = ms(10) },\n"
        "  node \"users\" { model = \"client.open\", arrivals = regular(rate(1)), to = \"db\",\n"
        "    timeout = ms(500), transport = connection { warm = true } },\n"
        "  node \"db\" { model = \"store.memory\", service = s(0) },\n",
        faults, "}\n", NULL);
    *place = study_place_new(text);
    struct sim_run_options options = study_options(place);
    return study_run(&options);
}

static void expect(const struct sim_outage *outage, const char *label, double before, double during,
                   double after, double gap, double recovery)
{
    const double wanted[SIM_PHASE_COUNT] = {before, during, after};
    g_assert_cmpstr(outage->label, ==, label);
    for (int phase = 0; phase < SIM_PHASE_COUNT; phase++) {
        double got = outage->success[phase].value;
        g_test_message("%s, phase %d: %g", label, phase, got);
        g_assert_true(isnan(wanted[phase]) ? isnan(got) : fabs(got - wanted[phase]) < 1e-9);
    }
    g_test_message("%s: gap %g, recovery %g", label, outage->gap.value, outage->recovery.value);
    g_assert_cmpfloat_with_epsilon(outage->gap.value, gap, 1e-6);
    g_assert_true(isnan(recovery) ? isnan(outage->recovery.value)
                                  : fabs(outage->recovery.value - recovery) < 1e-6);
}

/* Each by itself, the one's after being the next one's before; a surge is none of them. */
static void test_phases(void)
{
    struct study_place place;
    struct sim_study *study =
        play(&place, "  crash { \"db\", from = s(29.5), to = s(50.5), label = \"second\" },\n"
                     "  crash { \"db\", from = s(9.5), to = s(13.5), label = \"first\" },\n"
                     "  surge { \"users\", factor = 1, from = s(16), to = s(17) },\n"
                     "  pause { \"db\", from = s(20.5), to = s(20.7), label = \"blink\" },\n");
    const struct sim_result *result = study->results[0];
    g_assert_cmpuint(result->outage_count, ==, 3);
    expect(&result->outages[0], "first", 1, 0, 1, 5, 0.52);
    expect(&result->outages[1], "blink", 1, NAN, 1, 1, 0.32); /* nobody asked meanwhile */
    expect(&result->outages[2], "second", 1, 0, 1, 22, 0.52);
    struct sim_report *report = study_report(study);
    GString *page = sim_render_text(report, &(struct sim_text_style){.full_max = 1});
    g_assert_nonnull(strstr(page->str, "Around faults"));
    g_assert_nonnull(strstr(page->str, "second, 29.5 s to 50.5 s"));
    GString *json = sim_render_json(report);
    struct sim_report *again = sim_report_parse(json->str, json->len, "json", NULL);
    g_assert_cmpuint(again->sections[0].outage_count, ==, 3);
    expect(&again->sections[0].outages[0], "first", 1, 0, 1, 5, 0.52);
    g_string_free(json, TRUE);
    g_string_free(page, TRUE);
    sim_report_free(again);
    sim_report_free(report);
    sim_study_free(study);
    study_place_free(&place);
}

/* What never ends has no after; what began before the measured part has no phases at all. */
static void test_edges(void)
{
    struct study_place place;
    struct sim_study *study =
        play(&place, "  crash { \"db\", from = s(3), to = s(4) },\n"
                     "  crash { \"db\", from = s(39.5), label = \"end\" },\n");
    const struct sim_result *result = study->results[0];
    g_assert_cmpuint(result->outage_count, ==, 1);
    expect(&result->outages[0], "end", 1, 0, NAN, 60 - 39.02, NAN);
    sim_study_free(study);
    study_place_free(&place);
    study = play(&place, "");
    g_assert_cmpuint(study->results[0]->outage_count, ==, 0);
    sim_study_free(study);
    study_place_free(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/run/outages/phases", test_phases);
    g_test_add_func("/run/outages/edges", test_edges);
    return g_test_run();
}
