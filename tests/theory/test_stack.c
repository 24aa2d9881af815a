/* Closed forms through the whole stack, cases that take a second or two: see stack.h. The heavier
 * loads are in test_stack_heavy_long.c. */
#include "stack_cases.h"

static const struct stack_row rows[] = {
    /* load, servers */
    {case_mmc, 0.3, 1, 0, NULL, 1.5e5},
    {case_mmc, 0.5, 1, 0, NULL, 2.5e5},
    {case_mmc, 0.5, 2, 0, NULL, 2e5},
    {case_mmc, 0.6, 25, 0, NULL, 6e4},
    /* load, servers, places */
    {case_mmck, 1.2, 1, 10, NULL, 1.4e5},
    {case_mmck, 1.0, 4, 8, NULL, 1.4e5},
    {case_mmck, 1.5, 3, 7, NULL, 5e4},
    {case_mmck, 0.6, 1, 2, NULL, 5e4},
    {case_mmck, 0.6, 5, 5, NULL, 9e4},
    {case_mmck, 1.0, 10, 10, NULL, 7e4},
    {case_mmck, 1.6, 5, 5, NULL, 3e4},
    {case_mmck, 0.9, 1, 1, NULL, 3e4},
    /* load, squared coefficient of variation */
    {case_mg1, 0.5, 0, 0, "constant", 1.6e5},
    {case_mg1, 0.5, 0.25, 0, "erlang", 1.2e5},
    {case_mg1, 0.2, 4, 0, "hyperexponential", 1.8e5},
    {case_mg1, 0.5, 1.0 / 3.0, 0, "uniform", 1e5},
    {case_mg1, 0.3, 2, 0, "lognormal", 1e5},
    /* load, means of small and of large */
    {case_sharing, 0.5, 5, 45, "constant", 6e4},
    {case_sharing, 0.5, 5, 45, "exponential", 1.4e5},
    {case_sharing, 0.3, 5, 45, "erlang", 4e4},
    {case_sharing, 0.4, 8, 24, "uniform", 5e4},
    {case_sharing_alike, 0.3, 0, 0, "exponential", 4e4},
    {case_sharing_alike, 0.4, 0, 0, "constant", 4e4},
    /* load of the urgent, of the others */
    {case_priorities, 0.3, 0.3, 0, "priority", 1.5e5},
    {case_priorities, 0.2, 0.3, 0, "priority_preemptive", 1.5e5},
    /* load */
    {case_shortest, 0.5, 0, 0, NULL, 4e4},
    {case_shortest, 0.8, 0, 0, NULL, 1.4e5},
    {case_dm1, 0.3, 0, 0, NULL, 5e4},
    {case_dm1, 0.5, 0, 0, NULL, 1.6e5},
    /* load, stations */
    {case_tandem, 0.5, 3, 0, NULL, 1.6e5},
    /* arrivals a second */
    {case_jackson, 100, 0, 0, NULL, 8e4},
    {case_branches, 80, 0, 0, NULL, 5e4},
    /* load, servers, mean of two choices (Mitzenmacher 2001, recomputed for 100 servers) */
    {case_split, 0.3, 10, 0, "random", 9e4},
    {case_split, 0.5, 2, 0, "round_robin", 1.3e5},
    {case_split, 0.5, 10, 0, "round_robin", 1.4e5},
    {case_split, 0.5, 100, 1.2675, "two_choices", 4e4},
    {case_split, 0.8, 100, 1.9538, "two_choices", 7e4},
    {case_many_servers, 0.6, 1000, 2, NULL, 6e4},
    {case_many_servers, 0.5, 1000, 3, NULL, 5e4},
    {case_many_servers, 0.6, 1000, 5, NULL, 6e4},
    /* machines, mechanics, running time in repairs */
    {case_repair, 10, 1, 10, NULL, 5e4},
    {case_repair, 10, 2, 5, NULL, 4e4},
    {case_repair, 50, 3, 20, NULL, 9e4},
    {case_repair, 5, 1, 2, NULL, 3e4},
    /* users, processors */
    {case_bolch, 6, 1, 0, NULL, 6e4},
    {case_bolch_two, 3, 2, 0, NULL, 4e4},
    {case_terminals, 1, 1, 0, NULL, 3e4},
    {case_terminals, 5, 1, 0, NULL, 3e4},
    {case_terminals, 10, 1, 0, NULL, 3e4},
    {case_terminals, 20, 1, 0, NULL, 8e4},
    {case_slow_terminals, 10, 1, 0, NULL, 4e4},
    {case_two_stations, 2, 1, 0, NULL, 3e4},
    {case_two_stations, 10, 1, 0, NULL, 1e5},
    /* keys, exponent, capacity */
    {case_cache, 8, 1.0, 2, "lru", 2.5e5},
    {case_cache, 1000, 0.8, 10, "lru", 1.8e5},
    {case_cache, 100, 0.5, 5, "fifo", 1.3e5},
    /* time to live, requests/s for each key */
    {case_ttl, 20, 0.05, 0, NULL, 1.5e5},
    {case_ttl, 2, 0.05, 0, NULL, 1.8e5},
    {case_ttl, 50, 0.1, 0, NULL, 1e5},
    /* share of attempts that fail, retries */
    {case_retries, 0.5, 2, 0, NULL, 1.2e5},
    {case_retries, 0.4, 1, 0, NULL, 1.3e5},
    /* seconds of working, of being broken */
    {case_outages, 9, 1, 0, NULL, 1.2e4},
    {case_outages, 1, 1, 0, NULL, 5e3},
};

int main(int argc, char **argv)
{
    return stack_main(argc, argv, "stack", rows, G_N_ELEMENTS(rows));
}
