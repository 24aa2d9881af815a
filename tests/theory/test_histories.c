/* Recorded histories with known verdicts: Jepsen's runs of etcd, Knossos' of registers, key-value
 * stores, and long ones made for speed. If this failed, `brink history` would accept what never
 * could have been, or reject what could. */
#include <glib.h>
#include <string.h>

#include "check/read.h"

static enum sim_check_verdict verdict_of(const char *path, uint64_t *ret_operations)
{
    g_autofree char *text = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &text, &size, NULL));
    struct sim_check_input input;
    char *trouble = sim_check_read(text, size, &input);
    g_assert_cmpstr(trouble, ==, NULL);
    struct sim_check_limits limits = sim_check_limits_default();
    struct sim_check_result result;
    sim_check_linearizable(&input, &limits, &result);
    enum sim_check_verdict verdict = result.verdict;
    g_assert_true((verdict == SIM_CHECK_NO) == (result.piece != NULL && result.piece->len > 0));
    *ret_operations = input.history.count;
    sim_check_result_clear(&result);
    sim_check_input_clear(&input);
    return verdict;
}

static void test_verdicts(void)
{
    const char *folder = BRINK_REFERENCE_DIR "/histories";
    g_autofree char *path = g_build_filename(folder, "verdicts.csv", NULL);
    g_autofree char *table = NULL;
    if (!g_file_get_contents(path, &table, NULL, NULL)) {
        if (g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0) {
            g_test_skip("BRINK_REFERENCE=none");
            return;
        }
        g_error("%s: cannot be read (BRINK_REFERENCE=none skips this test)", path);
    }
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    uint32_t count = 0;
    for (int i = 1; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ",", -1);
        g_autofree char *file = g_build_filename(folder, fields[0], NULL);
        uint64_t operations;
        enum sim_check_verdict verdict = verdict_of(file, &operations);
        if (strcmp(sim_check_verdict_names[verdict], fields[5]) != 0) {
            g_error("%s: %s, expected %s", fields[0], sim_check_verdict_names[verdict], fields[5]);
        }
        count++;
    }
    g_assert_cmpuint(count, ==, 168);
}

/* Transactions of Elle's paper and of its tests: a level denies them or does not. */
static void test_elle(void)
{
    static const struct {
        const char *file;
        enum sim_check_level level;
        enum sim_check_verdict verdict;
        const char *because; /* what it begins with */
    } cases[] = {
        {"si-without-g-single", SIM_CHECK_READ_COMMITTED, SIM_CHECK_YES, NULL},
        {"si-without-g-single", SIM_CHECK_SNAPSHOT_ISOLATION, SIM_CHECK_YES, NULL},
        {"si-without-g-single", SIM_CHECK_REPEATABLE_READ, SIM_CHECK_NO, "G2-item"},
        {"si-without-g-single", SIM_CHECK_SERIALIZABLE, SIM_CHECK_NO, "G2-item"},
        {"paper-example", SIM_CHECK_READ_COMMITTED, SIM_CHECK_YES, NULL},
        {"paper-example", SIM_CHECK_SNAPSHOT_ISOLATION, SIM_CHECK_NO, "G-single"},
        {"paper-example", SIM_CHECK_SERIALIZABLE, SIM_CHECK_NO, "G-single"},
    };
    if (g_strcmp0(g_getenv("BRINK_REFERENCE"), "none") == 0) {
        g_test_skip("BRINK_REFERENCE=none");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path =
            g_strdup_printf(BRINK_REFERENCE_DIR "/histories/elle/%s.edn", cases[i].file);
        g_autofree char *text = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(path, &text, &size, NULL));
        struct sim_check_input input;
        char *trouble = sim_check_read(text, size, &input);
        g_assert_cmpstr(trouble, ==, NULL);
        struct sim_check_claim claim = {.level = cases[i].level};
        struct sim_check_limits limits = sim_check_limits_default();
        struct sim_check_result result;
        sim_check_judge(&input, &claim, &limits, &result);
        g_assert_cmpint(result.verdict, ==, cases[i].verdict);
        g_assert_true(cases[i].because == NULL ||
                      g_str_has_prefix(result.because, cases[i].because));
        sim_check_result_clear(&result);
        sim_check_input_clear(&input);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/histories/elle", test_elle);
    g_test_add_func("/histories/verdicts", test_verdicts);
    return g_test_run();
}
