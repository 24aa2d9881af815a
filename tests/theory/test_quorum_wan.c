/* A write to five replicas in five regions at the mean round trips between them: a majority has it
 * after the second shortest of the round trips of who coordinates or leads, all after the longest.
 * If this failed, a quorum would wait for other answers than the W first, or a leader of Raft for
 * more than a majority.
 */
#include <math.h>

#include "store_story.h"
#include "table.h"

#define REGIONS 5

/* As measured by `a`: each measured its own. */
static double round_trip(const struct table *trips, const char *a, const char *b)
{
    for (size_t row = 1; row < trips->row_count; row++) {
        if (strcmp(table_text(trips, row, "from"), a) == 0 &&
            strcmp(table_text(trips, row, "to"), b) == 0) {
            return table_number(trips, row, "avg");
        }
    }
    g_error("no round trip between %s and %s", a, b);
}

/* Milliseconds that a write takes which `leader` coordinates, `settled` after the start. */
static double commit(const struct sim_model *model, const struct table *commits,
                     const struct table *trips, uint32_t leader, const char *params,
                     sim_time settled)
{
    static const char *const names[] = {"replica[1]", "replica[2]", "replica[3]", "replica[4]",
                                        "replica[5]"};
    struct store_story story;
    store_story_begin(&story, model, REGIONS, 0, params);
    for (uint32_t other = 0; other < REGIONS; other++) {
        if (other != leader) {
            double trip = round_trip(trips, table_text(commits, leader + 1, "leader"),
                                     table_text(commits, other + 1, "leader"));
            store_story_link(&story, leader + 1, other + 1, ms(trip / 2));
        }
    }
    store_story_start(&story);
    store_story_wait(&story, settled);
    double took = (double)store_story_do(&story, names[leader], SIM_OP_WRITE, 1, 1)->took / 1e6;
    store_story_end(&story);
    return took;
}

static void test_commits(void)
{
    struct table commits, trips;
    if (!table_read(&commits, "wan_quorum_commit_ec2_2013.csv") ||
        !table_read(&trips, "../network/rtt_ec2_2013_ms.csv")) {
        return;
    }
    g_assert_cmpuint(commits.row_count, ==, REGIONS + 1);
    for (uint32_t leader = 0; leader < REGIONS; leader++) {
        const struct sim_model *quorum = &sim_model_store_quorum;
        g_autofree char *raft = g_strdup_printf("preferred = %u", leader + 1);
        double majority = commit(quorum, &commits, &trips, leader, "service = ms(0)", 0);
        double all =
            commit(quorum, &commits, &trips, leader, "service = ms(0), write_level = 'all'", 0);
        double led = commit(&sim_model_store_raft, &commits, &trips, leader, raft, s(60));
        double exact =
            table_number(&commits, leader + 1, "majority_3_of_5_commit_ms(2nd smallest mean RTT)");
        g_test_message("%s: %.3f ms, %.3f ms, Raft %.3f ms",
                       table_text(&commits, leader + 1, "leader"), majority, all, led);
        g_assert_cmpfloat(fabs(majority - exact), <, 0.001);
        g_assert_cmpfloat(fabs(led - exact), <, 0.001);
        g_assert_cmpfloat(fabs(all - table_number(&commits, leader + 1, "all_5_ms")), <, 0.001);
    }
    table_clear(&commits);
    table_clear(&trips);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/wan", test_commits);
    return g_test_run();
}
