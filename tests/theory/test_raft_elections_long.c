/* Published figures of Raft through store.raft (see raft_elections.h), with trials enough to tell a
 * wrong rule from a right one; test_raft_elections_long.c has many more. If this failed, no outage
 * of a store.raft would last as long as those of the real thing.
 */
#include "raft_elections.h"

static void test_wan(void)
{
    raft_wan_check(200000, true);
}

static void test_split(void)
{
    raft_split_check(200000, 0.001);
}

static void test_lan(void)
{
    raft_lan_check(5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raft/wan", test_wan);
    g_test_add_func("/raft/split", test_split);
    g_test_add_func("/raft/lan", test_lan);
    return g_test_run();
}
