/* What a service is told, shared by its files. */
#ifndef BRINK_MODELS_SERVICE_SERVICE_H
#define BRINK_MODELS_SERVICE_SERVICE_H

#include "report.h"
#include "service/calls.h"
#include "service/shed.h"

struct service_params {
    int64_t servers;
    int64_t queue_limit;
    int32_t discipline; /* enum sim_discipline */
    struct sim_operation_laws service;
    const struct sim_dist *reply_bytes;
    double errors;
    bool check_deadline;
    int64_t slots; /* 0 = none */
    struct sim_shape shed;
    sim_time retry_after;
    struct call_fields call; /* what is not said by `calls` */
    struct sim_shape calls;
    sim_time cold_for;
    double cold_factor;
    struct report_params report;
};

extern const struct sim_param service_params[];
/* A queue before something that is held cannot be one in which all are served at once, or in which
 * who is inside is interrupted. */
enum sim_discipline service_gate_discipline(enum sim_discipline discipline);
/* Complains about parameters that do not fit together, or NULL. */
const char *service_validate(const void *fields);

#endif
