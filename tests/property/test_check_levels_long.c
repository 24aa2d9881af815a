/* As test_check_levels.c, of many more histories, and of larger ones. */
#include "check_levels.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int level = 0; level < SIM_CHECK_LEVEL_COUNT; level++) {
        struct sim_check_claim claim = {.level = (enum sim_check_level)level};
        g_autofree char *name = sim_check_claim_name(&claim);
        if (level != SIM_CHECK_LINEARIZABLE) {
            levels_check((enum sim_check_level)level, name, 200000, 8);
        }
    }
    return 0;
}
