/* Stores that their pages say are queues, through the whole stack: see stack.h. If this failed,
 * store.single without a disk would not be M/M/c, or a follower of store.leader not as far behind
 * as M/G/1 says. The heavier loads are in test_stack_stores_long.c. */
#include "stack_stores.h"

static const struct stack_row rows[] = {
    /* load, servers */
    {case_store_mmc, 0.5, 1, 0, NULL, 2.5e5},
    /* load, squared coefficient of variation */
    {case_store_replay, 0.5, 1, 0, "exponential", 2e5},
    {case_store_replay, 0.5, 0, 0, "constant", 1e5},
};

int main(int argc, char **argv)
{
    return stack_main(argc, argv, "stack-stores", rows, G_N_ELEMENTS(rows));
}
