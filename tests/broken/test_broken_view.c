/* Broken twins of store.view (tests/broken/build.sh): what each lacks is found by the swarm
 * (view_swarm.h), and nothing is found in the model itself. If this failed, a view that is wrong in
 * that way would pass for a right one.
 */
#define SWARM_QUICK
#include "view_swarm.h"

static bool is_twin(const char *twin)
{
    return strcmp(BROKEN_TWIN, twin) == 0;
}

static void test_all(void)
{
    static const struct {
        const char *twin, *params;
    } cases[] = {
        {"view_retry", VIEW "mode = 'async'"},
        {"view_order", VIEW "mode = 'async'"},
        {"view_met", VIEW "mode = 'async'"},
        {"view_early", VIEW "mode = 'sync'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_it = is_twin(cases[i].twin);
        if (is_it || is_twin("none")) {
            struct swarm *swarm = view_swarm_new(cases[i].params, 1, 20, true);
            g_assert_cmpuint(swarm->violations, ==, is_it ? 1 : 0);
            g_free(swarm);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/broken/view", test_all);
    return g_test_run();
}
