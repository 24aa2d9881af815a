/* Presets: published round trips between real places. */
#ifndef BRINK_SCENARIO_PRESETS_H
#define BRINK_SCENARIO_PRESETS_H

#include <stddef.h>

extern const char *const sim_network_preset_names[]; /* NULL at the end */

#define SIM_PRESET_QUANTILES_MAX 12

/* Quantiles of a round trip, in ms. */
struct sim_preset_quantile {
    double p, ms;
};

struct sim_preset {
    const char *name;
    const char *source;
    const char *const *zones; /* NULL at the end */
    /* Round trip from -> to. Gives the number of quantiles in `out`, or 0 with the mean in
     * *ret_mean_ms where only that is known. Every pair, a zone with itself too, has one. */
    size_t (*round_trip)(size_t from, size_t to,
                         struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX],
                         double *ret_mean_ms);
};

/* In the order of the names. */
extern const struct sim_preset sim_network_presets[];

#endif
