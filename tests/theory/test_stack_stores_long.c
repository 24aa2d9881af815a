/* Stores that their pages say are queues, under heavy loads: see stack.h; the columns are those of
 * test_stack_stores.c. */
#include "stack_stores.h"

static const struct stack_row rows[] = {
    {case_store_mmc, 0.5, 2, 0, NULL, 4e5},
    {case_store_mmc, 0.8, 1, 0, NULL, 2e6},
    {case_store_mmc, 0.8, 4, 0, NULL, 1.9e6},
    {case_store_replay, 0.8, 1, 0, "exponential", 2e6},
    {case_store_replay, 0.8, 0, 0, "constant", 1.2e6},
    {case_store_replay, 0.8, 0.25, 0, "erlang", 1.3e6},
    {case_store_replay, 0.5, 4, 0, "hyperexponential", 1.1e6},
};

int main(int argc, char **argv)
{
    return stack_main(argc, argv, "stack-stores-long", rows, G_N_ELEMENTS(rows));
}
