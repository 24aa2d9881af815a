/* Levels of consistency beside their definitions, on small histories drawn at random. If this
 * failed, a verdict would not be what the level's papers say. */
#include "check_levels.h"

#define HISTORIES 3000

static void test_level(const void *data)
{
    levels_check(data, HISTORIES, 7);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(levels_claims); i++) {
        g_autofree char *name = sim_check_claim_name(&levels_claims[i]);
        g_autofree char *path = g_strdup_printf("/levels/%s", g_strdelimit(name, " ", '-'));
        g_test_add_data_func(path, &levels_claims[i], test_level);
    }
    return g_test_run();
}
