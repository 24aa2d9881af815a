/* Session guarantees and causal consistency beside their definitions, on small histories drawn at
 * random. If this failed, a verdict would not be what the level's papers say. */
#include "check_levels.h"

#define HISTORIES 3000

static void test_level(const void *data)
{
    enum sim_check_level level = (enum sim_check_level)GPOINTER_TO_INT(data);
    struct sim_check_claim claim = {.level = level};
    g_autofree char *name = sim_check_claim_name(&claim);
    levels_check(level, name, HISTORIES, 7);
}

int main(int argc, char **argv)
{
    static const enum sim_check_level levels[] = {
        SIM_CHECK_READ_MY_WRITES, SIM_CHECK_MONOTONIC_READS, SIM_CHECK_MONOTONIC_WRITES,
        SIM_CHECK_WRITES_FOLLOW_READS, SIM_CHECK_CAUSAL};
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        struct sim_check_claim claim = {.level = levels[i]};
        g_autofree char *name = sim_check_claim_name(&claim);
        g_autofree char *path = g_strdup_printf("/levels/%s", g_strdelimit(name, " ", '-'));
        g_test_add_data_func(path, GINT_TO_POINTER((int)levels[i]), test_level);
    }
    return g_test_run();
}
