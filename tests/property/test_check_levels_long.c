/* As test_check_levels.c, of many more histories, and of larger ones. */
#include "check_levels.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(levels_claims); i++) {
        levels_check(&levels_claims[i], 200000, 8);
    }
    return 0;
}
