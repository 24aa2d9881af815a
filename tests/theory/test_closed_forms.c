/* Every row of published/closed_forms.csv, which was computed elsewhere with 40 digits, against our
 * own analytic code, to nine digits. If this failed, the envelope would be wrong, and so would be
 * what simulations are compared with. */
#include <glib.h>
#include <math.h>

#include "closed_forms_stations.h"
#include "closed_forms_systems.h"
#include "table.h"

#define TOLERANCE 1e-9

static const struct {
    const char *name;
    double (*answer)(const struct row *row);
} CASES[] = {
    {"MM1", row_mm1},
    {"MMc", row_mmc},
    {"pooling", row_pooling},
    {"MMcc_ErlangB", row_erlang_b},
    {"MMcK", row_mmck},
    {"MG1_PK", row_mg1},
    {"MD1_dist", row_md1},
    {"H2_params", row_h2},
    {"MG1_PS", row_sharing},
    {"priority_nonpreemptive", row_priority_nonpreemptive},
    {"priority_preemptive_resume", row_priority_preemptive},
    {"SRPT_MM1", row_srpt},
    {"DM1", row_dm1},
    {"round_robin_n_x_M(=E_n/M/1)", row_round_robin},
    {"Kingman_VUT", row_kingman},
    {"Jackson", row_jackson},
    {"tandem_MM1", row_tandem},
    {"MVA", row_mva},
    {"machine_repair", row_machine_repair},
    {"fork_join", row_fork_join},
    {"max_iid_exp", row_max_exponential},
    {"power_of_d", row_power_of_d},
    {"power_of_d_tail", row_power_of_d_tail},
    {"tail_at_scale_fanout", row_fanout},
    {"bloom", row_bloom},
    {"PBS_k_staleness", row_pbs},
    {"raft_split_vote", row_raft_split},
    {"raft_first_timeout", row_raft_first},
    {"availability_parallel", row_parallel},
    {"availability_series", row_series},
    {"availability_quorum_k_of_n", row_quorum},
    {"downtime", row_downtime},
    {"MTTDL", row_mttdl},
    {"two_state", row_two_state},
    {"copysets", row_copysets},
    {"consistent_hash_share", row_ring},
    {"remap", row_remap},
    {"retry_amplification", row_retry},
    {"retry_depth", row_retry_depth},
    {"TTL_cache", row_ttl},
    {"SWIM", row_swim},
    {"Demers_residue_ode", row_residue},
    {"push_gossip", row_push},
    {"tcp_slow_start", row_slow_start},
    {"mathis_tcp", row_mathis},
    {"USL", row_usl},
};

static void test_rows(void)
{
    struct table table;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    size_t checked = 0, wrong = 0;
    double worst = 0.0;
    for (size_t i = 1; i < table.row_count; i++) {
        const char *name = table_text(&table, i, "case");
        struct row row = {table_text(&table, i, "params"), table_text(&table, i, "metric")};
        double expected = table_number(&table, i, "value");
        double answer = NAN;
        for (size_t k = 0; k < G_N_ELEMENTS(CASES); k++) {
            if (strcmp(CASES[k].name, name) == 0) {
                answer = CASES[k].answer(&row);
                checked++;
            }
        }
        double error = fabs(answer - expected) / (expected == 0.0 ? 1.0 : fabs(expected));
        if (!(error <= TOLERANCE)) {
            g_printerr("%s, %s, %s: expected %.12g, got %.12g\n", name, row.params, row.metric,
                       expected, answer);
            wrong++;
        }
        worst = fmax(worst, error);
    }
    g_test_message("%zu of %zu rows checked, greatest relative error %.1e", checked,
                   table.row_count - 1, worst);
    g_assert_cmpuint(table.row_count - 1, ==, 530);
    g_assert_cmpuint(checked, ==, table.row_count - 1); /* no row is left out */
    g_assert_cmpuint(wrong, ==, 0);
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/closed-forms/rows", test_rows);
    return g_test_run();
}
