/* Presets: round trips between regions, as published.
 *
 * ec2-2013: P. Bailis, measurements for "Highly available transactions", one ping a second for a
 * week in 2013: mean and quantiles in ms. ibm-2026-01: IBM Cloud documentation, means from 20
 * December 2025 to 18 January 2026, in ms. A zone with itself: EC2 between two hosts of one zone of
 * the same measurement; IBM publishes none, 0.5 ms is the planning value
 * latency.datacentre_round_trip.
 *
 * Left out: which half of a round trip is slow. Each way takes half of the law, drawn by itself, so
 * that means are exact and the far tail of a whole round trip is thinner than measured.
 */
#include "scenario/presets.h"

#define EC2_COUNT 8
#define EC2_ZONE_COUNT 3
#define IBM_COUNT 12
#define QUANTILE_COUNT 7
#define TAIL_FIRST 3 /* the 95th percentile, after the lowest point */

static const double probabilities[QUANTILE_COUNT] = {0.5, 0.75, 0.95, 0.99, 0.999, 0.9999, 0.99999};

static const char *const ec2_names[] = {"Virginia", "Oregon", "California", "Ireland", "Singapore",
                                        "Tokyo",    "Sydney", "Sao-Paulo",  NULL};

/* mean, p50, p75, p95, p99, p99.9, p99.99, p99.999 */
static const double ec2_rows[EC2_COUNT * EC2_COUNT][1 + QUANTILE_COUNT] = {
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Virginia - Virginia */
    {82.645986, 80.9, 81.2, 89.2, 104, 225, 263, 413},      /* Virginia - Oregon */
    {84.610835, 83.8, 84.1, 86.1, 105, 174, 189, 253},      /* Virginia - California */
    {107.937619, 109, 111, 114, 118, 154, 192, 754},        /* Virginia - Ireland */
    {253.545619, 253, 260, 269, 274, 321, 356, 1018},       /* Virginia - Singapore */
    {202.415955, 203, 207, 213, 230, 253, 286, 376},        /* Virginia - Tokyo */
    {265.646799, 269, 276, 283, 318, 363, 401, 430},        /* Virginia - Sydney */
    {163.44373, 147, 162, 237, 239, 246, 293, 836},         /* Virginia - Sao Paulo */
    {82.855172, 80.9, 81.2, 92.6, 106, 225, 263, 498},      /* Oregon - Virginia */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Oregon - Oregon */
    {22.947992, 21.6, 22, 28.4, 40.3, 81.2, 109, 254},      /* Oregon - California */
    {170.59933, 169, 171, 180, 194, 217, 242, 716},         /* Oregon - Ireland */
    {234.44832, 234, 240, 248, 261, 300, 326, 372},         /* Oregon - Singapore */
    {135.12854, 130, 144, 161, 172, 258, 289, 399},         /* Oregon - Tokyo */
    {200.63816, 200, 205, 214, 219, 232, 248, 340},         /* Oregon - Sydney */
    {207.81693, 206, 208, 219, 250, 263, 285, 721},         /* Oregon - Sao Paulo */
    {84.511401, 83.8, 84.1, 85.9, 99.4, 174, 192, 239},     /* California - Virginia */
    {22.526607, 21.6, 21.9, 26, 36.9, 77.9, 109, 273},      /* California - Oregon */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* California - California */
    {169.797116, 169, 174, 177, 190, 239, 262, 449},        /* California - Ireland */
    {186.867184, 189, 193, 194, 217, 265, 282, 318},        /* California - Singapore */
    {143.727265, 134, 136, 219, 228, 264, 294, 317},        /* California - Tokyo */
    {179.076515, 174, 188, 202, 226, 260, 286, 338},        /* California - Sydney */
    {185.933828, 184, 185, 191, 230, 264, 287, 769},        /* California - Sao Paulo */
    {107.881753, 109, 111, 114, 120, 147, 177, 589},        /* Ireland - Virginia */
    {170.595076, 169, 172, 180, 190, 212, 238, 827},        /* Ireland - Oregon */
    {169.878399, 169, 174, 177, 191, 231, 259, 292},        /* Ireland - California */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Ireland - Ireland */
    {234.125645, 202, 280, 292, 301, 601, 631, 655},        /* Ireland - Singapore */
    {278.388317, 275, 276, 288, 364, 405, 445, 520},        /* Ireland - Tokyo */
    {346.161534, 349, 357, 363, 371, 402, 422, 490},        /* Ireland - Sydney */
    {239.809893, 239, 241, 245, 261, 292, 323, 1088},       /* Ireland - Sao Paulo */
    {253.506757, 253, 260, 269, 274, 323, 353, 915},        /* Singapore - Virginia */
    {234.248772, 234, 239, 246, 260, 302, 328, 397},        /* Singapore - Oregon */
    {186.744171, 189, 193, 194, 211, 256, 281, 332},        /* Singapore - California */
    {233.496391, 201, 279, 291, 299, 597, 629, 670},        /* Singapore - Ireland */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Singapore - Singapore */
    {90.574999, 89.5, 94.6, 103, 127, 154, 188, 240},       /* Singapore - Tokyo */
    {243.034472, 269, 284, 314, 395, 653, 1472, 3267},      /* Singapore - Sydney */
    {362.769379, 363, 368, 371, 386, 430, 462, 824},        /* Singapore - Sao Paulo */
    {202.389275, 203, 207, 213, 230, 248, 285, 394},        /* Tokyo - Virginia */
    {134.946487, 130, 144, 161, 169, 258, 288, 306},        /* Tokyo - Oregon */
    {146.52871, 134, 136, 222, 228, 262, 289, 313},         /* Tokyo - California */
    {278.272359, 275, 276, 287, 363, 404, 449, 571},        /* Tokyo - Ireland */
    {90.628778, 89.6, 94.7, 103, 127, 154, 185, 226},       /* Tokyo - Singapore */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Tokyo - Tokyo */
    {144.167626, 145, 146, 148, 154, 270, 276, 314},        /* Tokyo - Sydney */
    {301.448462, 300, 306, 313, 317, 358, 396, 568},        /* Tokyo - Sao Paulo */
    {265.131209, 269, 276, 283, 307, 344, 378, 442},        /* Sydney - Virginia */
    {200.385934, 200, 205, 212, 217, 228, 243, 351},        /* Sydney - Oregon */
    {177.884973, 173, 187, 200, 207, 250, 275, 323},        /* Sydney - California */
    {346.565318, 350, 357, 363, 371, 403, 425, 583},        /* Sydney - Ireland */
    {243.124927, 269, 284, 314, 396, 649, 1366, 3743},      /* Sydney - Singapore */
    {144.277368, 145, 146, 148, 157, 270, 276, 304},        /* Sydney - Tokyo */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Sydney - Sydney */
    {333.595231, 333, 333, 335, 343, 382, 413, 582},        /* Sydney - Sao Paulo */
    {167.400106, 147, 177, 239, 291, 308, 312, 753},        /* Sao Paulo - Virginia */
    {207.574044, 206, 208, 216, 249, 262, 291, 944},        /* Sao Paulo - Oregon */
    {185.865493, 184, 185, 191, 229, 246, 282, 353},        /* Sao Paulo - California */
    {237.679723, 237, 239, 243, 258, 291, 317, 717},        /* Sao Paulo - Ireland */
    {362.80609, 363, 368, 371, 387, 430, 461, 532},         /* Sao Paulo - Singapore */
    {301.448903, 300, 306, 313, 317, 357, 396, 452},        /* Sao Paulo - Tokyo */
    {339.228117, 339, 339, 341, 347, 384, 413, 492},        /* Sao Paulo - Sydney */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* Sao Paulo - Sao Paulo */
};

static const char *const ec2_zone_names[] = {"East-B", "East-C", "East-D", NULL};

static const double ec2_zone_rows[EC2_ZONE_COUNT * EC2_ZONE_COUNT][1 + QUANTILE_COUNT] = {
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* East-B - East-B */
    {1.082753, 0.849, 0.887, 0.968, 7.9, 46.4, 60.5, 683},  /* East-B - East-C */
    {3.115069, 1.65, 1.72, 5.74, 49, 65.5, 91.6, 158},      /* East-B - East-D */
    {0.968219, 0.838, 0.874, 0.96, 6.24, 12.7, 60.3, 138},  /* East-C - East-B */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* East-C - East-C */
    {3.568764, 1.89, 1.94, 8.21, 50.1, 68.5, 91.4, 136},    /* East-C - East-D */
    {2.936681, 1.6, 1.68, 4.46, 47.6, 60.8, 77.6, 150},     /* East-D - East-B */
    {3.38951, 1.87, 1.92, 6.69, 48.5, 61.4, 81.5, 199},     /* East-D - East-C */
    {0.547182, 0.426, 0.457, 0.532, 3.58, 13.4, 60.3, 154}, /* East-D - East-D */
};

static const char *const ibm_names[] = {
    "Dallas",  "Toronto", "Washington-DC", "Frankfurt", "London",    "Madrid", "Montreal",
    "Chennai", "Osaka",   "Sydney",        "Tokyo",     "Sao-Paulo", NULL};

static const double ibm_means[IBM_COUNT][IBM_COUNT] = {
    {0.5, 34, 31, 122, 113, 120, 42, 246, 151, 185, 142, 144},    /* Dallas */
    {33, 0.5, 19, 92, 82, 107, 10, 219, 142, 215, 135, 134},      /* Toronto */
    {31, 19, 0.5, 89, 76, 86, 16, 237, 146, 215, 139, 127},       /* Washington DC */
    {123, 93, 88, 0.5, 13, 29, 89, 138, 242, 248, 235, 205},      /* Frankfurt */
    {113, 82, 76, 13, 0.5, 25, 79, 137, 254, 260, 245, 195},      /* London */
    {116, 107, 88, 30, 26, 0.5, 102, 150, 265, 275, 262, 211},    /* Madrid */
    {42, 11, 16, 89, 79, 104, 0.5, 214, 150, 220, 143, 133},      /* Montreal */
    {246, 220, 238, 139, 137, 150, 217, 0.5, 118, 125, 113, 365}, /* Chennai */
    {150, 142, 147, 241, 253, 269, 150, 118, 0.5, 122, 9, 291},   /* Osaka */
    {184, 211, 213, 248, 260, 274, 223, 124, 122, 0.5, 115, 328}, /* Sydney */
    {142, 135, 139, 235, 246, 263, 143, 111, 9, 118, 0.5, 283},   /* Tokyo */
    {143, 138, 128, 204, 194, 213, 132, 366, 290, 326, 283, 0.5}, /* Sao Paulo */
};

/* The mean of a quantile function that is linear between its points; the last one goes on to 1. */
static double mean_of(const struct sim_preset_quantile *points, size_t count)
{
    double mean = (1 - points[count - 1].p) * points[count - 1].ms;
    for (size_t i = 1; i < count; i++) {
        mean += (points[i].p - points[i - 1].p) * (points[i].ms + points[i - 1].ms) / 2;
    }
    return mean;
}

/* Beyond the 95th percentile puts a point half way, in probability, between each two, so far below
 * their straight line that the mean becomes `mean`: a tail is steeper the further out it is. */
static size_t bend_tail(struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX], size_t count,
                        double mean)
{
    double rise = 0; /* what a point half way would take off the mean, were it as low as can be */
    for (size_t i = TAIL_FIRST; i + 1 < count; i++) {
        rise += (out[i + 1].p - out[i].p) * (out[i + 1].ms - out[i].ms) / 4;
    }
    double share = (mean_of(out, count) - mean) / rise;
    size_t bent = count + (count - 1 - TAIL_FIRST);
    for (size_t i = count - 1; i > TAIL_FIRST; i--) { /* from behind, as it moves them apart */
        struct sim_preset_quantile low = out[i - 1], high = out[i];
        size_t place = TAIL_FIRST + 2 * (i - TAIL_FIRST);
        out[place] = high;
        out[place - 1].p = (low.p + high.p) / 2;
        out[place - 1].ms = low.ms + (1 - share) * (high.ms - low.ms) / 2;
    }
    return bent;
}

/* A quantile function that is linear between the published points; its lowest point is where the
 * mean becomes the published one. Where even a quarter of the median is not low enough, the tail
 * bends. */
static size_t quantiles_with_mean(const double row[1 + QUANTILE_COUNT],
                                  struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX])
{
    out[0] = (struct sim_preset_quantile){0, row[1]};
    for (size_t i = 0; i < QUANTILE_COUNT; i++) {
        out[i + 1] = (struct sim_preset_quantile){probabilities[i], row[1 + i]};
    }
    double least = row[1] - 4 * (mean_of(out, 1 + QUANTILE_COUNT) - row[0]);
    out[0].ms = least > row[1] ? row[1] : least < row[1] / 4 ? row[1] / 4 : least;
    return least < row[1] / 4 ? bend_tail(out, 1 + QUANTILE_COUNT, row[0]) : 1 + QUANTILE_COUNT;
}

static size_t ec2_round_trip(size_t from, size_t to,
                             struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX],
                             double *ret_mean_ms)
{
    *ret_mean_ms = ec2_rows[from * EC2_COUNT + to][0];
    return quantiles_with_mean(ec2_rows[from * EC2_COUNT + to], out);
}

static size_t ec2_zone_round_trip(size_t from, size_t to,
                                  struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX],
                                  double *ret_mean_ms)
{
    *ret_mean_ms = ec2_zone_rows[from * EC2_ZONE_COUNT + to][0];
    return quantiles_with_mean(ec2_zone_rows[from * EC2_ZONE_COUNT + to], out);
}

static size_t ibm_round_trip(size_t from, size_t to,
                             struct sim_preset_quantile out[SIM_PRESET_QUANTILES_MAX],
                             double *ret_mean_ms)
{
    (void)out;
    *ret_mean_ms = ibm_means[from][to];
    return 0;
}

#define EC2_SOURCE                                                                                 \
    "P. Bailis, A. Davidson, A. Fekete et al., Highly available transactions, PVLDB 7(3), 2013: "  \
    "EC2 "                                                                                         \
    "round trips, one week"

const char *const sim_network_preset_names[] = {"ec2-2013", "ec2-2013-zones", "ibm-2026-01", NULL};

const struct sim_preset sim_network_presets[] = {
    {"ec2-2013", EC2_SOURCE, ec2_names, ec2_round_trip},
    {"ec2-2013-zones", EC2_SOURCE, ec2_zone_names, ec2_zone_round_trip},
    {"ibm-2026-01", "IBM Cloud documentation, mean round trips 20 Dec 2025 to 18 Jan 2026",
     ibm_names, ibm_round_trip},
};
