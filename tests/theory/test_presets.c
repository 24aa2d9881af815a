/* Network presets against the published tables that they are written from, every pair of places:
 * each way takes half of the round trip, of its mean and of each published quantile. If this
 * failed, distances between real regions would not be those that were measured.
 */
#include <math.h>

#include "models.h"
#include "scenario/scenario.h"
#include "table.h"

static struct sim_scenario *load_preset(const char *preset, const char *zone)
{
    g_autofree char *text =
        g_strdup_printf("return scenario { duration = s(1), network { preset = '%s' },"
                        " node 'a' { model = 'service', service = ms(1), zone = '%s' } }",
                        preset, zone);
    struct sim_load_options options = {.models = sim_models};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text(text, strlen(text), "preset.lua", &options, &problems);
    sim_problems_print(&problems, stderr);
    g_assert_nonnull(scenario);
    sim_problems_clear(&problems);
    return scenario;
}

/* The zone of that published name, or -1: names of zones have no blanks. */
static int zone_of(const struct sim_network_spec *network, const char *published)
{
    g_autofree char *name = g_strdelimit(g_strdup(published), " ", '-');
    for (uint32_t zone = 0; zone < network->zone_count; zone++) {
        if (strcmp(network->zone_names[zone], name) == 0) {
            return (int)zone;
        }
    }
    return -1;
}

static const struct sim_dist *way(const struct sim_network_spec *network, const char *from,
                                  const char *to)
{
    int a = zone_of(network, from), b = zone_of(network, to);
    return a < 0 || b < 0 ? NULL
                          : network->links[(uint32_t)a * network->zone_count + (uint32_t)b].latency;
}

static void assert_half(double seconds, double published_ms, double relative)
{
    g_assert_cmpfloat_with_epsilon(seconds * 2e3, published_ms, relative * published_ms);
}

static void check_ec2(const char *preset, const char *zone, uint32_t pairs)
{
    struct table table;
    if (!table_read(&table, "../network/rtt_ec2_2013_ms.csv")) {
        return;
    }
    struct sim_scenario *scenario = load_preset(preset, zone);
    uint32_t seen = 0;
    for (size_t row = 1; row < table.row_count; row++) {
        const struct sim_dist *law =
            way(&scenario->world.network, table.rows[row][0], table.rows[row][1]);
        if (law == NULL) {
            continue;
        }
        seen++;
        assert_half(sim_dist_mean(law), table_number(&table, row, "avg"), 1e-6);
        for (size_t k = 3; k < table.column_count; k++) {
            double p = g_ascii_strtod(table.rows[0][k] + 1, NULL);
            assert_half(sim_dist_quantile(law, p), g_ascii_strtod(table.rows[row][k], NULL), 1e-6);
        }
    }
    g_assert_cmpuint(seen, ==, pairs);
    sim_scenario_free(scenario);
    table_clear(&table);
}

static void test_regions(void)
{
    check_ec2("ec2-2013", "Tokyo", 8 * 7);
}

static void test_zones(void)
{
    check_ec2("ec2-2013-zones", "East-B", 3 * 2);
}

static void test_ibm(void)
{
    struct table table;
    if (!table_read(&table, "../network/rtt_ibm_cloud_2026-01_ms.csv")) {
        return;
    }
    struct sim_scenario *scenario = load_preset("ibm-2026-01", "Tokyo");
    uint32_t seen = 0;
    for (size_t row = 1; row < table.row_count; row++) {
        for (size_t k = 1; k < table.column_count; k++) {
            const struct sim_dist *law =
                way(&scenario->world.network, table.rows[row][0], table.rows[0][k]);
            g_assert_nonnull(law);
            if (table.rows[row][k][0] != '\0') {
                assert_half(sim_dist_mean(law), g_ascii_strtod(table.rows[row][k], NULL), 1e-9);
                seen++;
            }
        }
    }
    g_assert_cmpuint(seen, ==, 12 * 11);
    sim_scenario_free(scenario);
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/presets/regions", test_regions);
    g_test_add_func("/presets/zones", test_zones);
    g_test_add_func("/presets/ibm", test_ibm);
    return g_test_run();
}
