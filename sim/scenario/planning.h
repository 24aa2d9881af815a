/* Numbers that people plan with, as named values: latency.memory, latency.ssd_random_4kB. */
#ifndef BRINK_SCENARIO_PLANNING_H
#define BRINK_SCENARIO_PLANNING_H

/* One row of the table; NULL name at the end. Values below 1 ns serve in estimates only. */
struct sim_planning_value {
    const char *name;
    double ns;
    const char *meaning;
    const char *source;
};

extern const struct sim_planning_value sim_planning_latencies[];

#endif
