/* Numbers for people, with no more digits than their interval supports.
 *
 * "9.12 ±0.03 ms": the unit fits the value, the half-width has one digit (two when it begins with
 * 1), and the value stops where its half-width does. "~9.12 ms" has no interval (a single value);
 * "never" is an infinite duration; "-" was not observed.
 */
#ifndef BRINK_REPORT_NUMBER_H
#define BRINK_REPORT_NUMBER_H

#include "report/report.h"

#define SIM_NUMBER_MAX                                                                             \
    96 /* every function below writes at most this many bytes, with its NUL                        \
        */

/* A scale and its symbol, fit for printing `value`. */
struct sim_number_unit {
    double factor; /* printed number = value x factor */
    const char *symbol;
};
struct sim_number_unit sim_number_unit_of(double value, enum sim_metric_unit unit, bool is_rate);

/* "9.12 ±0.03 ms", for tables: at most four digits; "0 % (≤0.02)" where a share has no spread of
 * its own. */
char *sim_number_text(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                      enum sim_metric_unit unit, bool is_rate);
/* The value alone, to the digits that the interval supports: "9.12 ms". */
char *sim_number_value(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                       enum sim_metric_unit unit, bool is_rate);
/* "9.09 .. 9.15 ms", or "" without an interval. */
char *sim_number_interval(char out[SIM_NUMBER_MAX], const struct sim_estimate *estimate,
                          enum sim_metric_unit unit, bool is_rate);
/* A number that is exact or known to three digits: "250 ms". */
char *sim_number_plain(char out[SIM_NUMBER_MAX], double value, enum sim_metric_unit unit,
                       bool is_rate);

#endif
