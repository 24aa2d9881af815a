/* Fuzzes the loader: whatever the text, it loads or is refused with problems, and what loads prints
 * to a text that loads and prints the same.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "../errors/fake_models.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_load_options options = {.models = fake_models, .data_folder = "/nonexistent"};
    struct sim_problems problems;
    sim_problems_init(&problems);
    struct sim_scenario *scenario =
        sim_scenario_load_text((const char *)data, size, "/nonexistent/f.lua", &options, &problems);
    g_assert_true((scenario == NULL) == (problems.count > 0));
    sim_problems_clear(&problems);
    if (!scenario) {
        return 0;
    }
    for (uint32_t i = 0; i < scenario->variant_count; i++) {
        options.variant = scenario->variants[i];
        sim_scenario_free(sim_scenario_load_text((const char *)data, size, "/nonexistent/f.lua",
                                                 &options, &problems));
        sim_problems_clear(&problems);
    }
    options.variant = NULL;
    g_autofree char *print = sim_scenario_print(scenario);
    struct sim_scenario *again =
        scenario->needs_variant ? NULL
                                : sim_scenario_load_text(print, strlen(print), "/nonexistent/f.lua",
                                                         &options, &problems);
    if (!scenario->needs_variant) {
        sim_problems_print(&problems, stderr);
        g_assert_nonnull(again);
        g_assert_cmpstr(again->print, ==, print);
    }
    sim_problems_clear(&problems);
    sim_scenario_free(again);
    sim_scenario_free(scenario);
    return 0;
}
