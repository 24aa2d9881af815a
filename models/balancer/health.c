/* Active and passive checks; see health.h. */
#include "balancer/health.h"

#define CHECK_BYTES 200 /* GET /health HTTP/1.1 and a few headers */

void health_start(struct sim_node *self, struct health *health, const struct health_params *params,
                  struct pool *pool, int check_timer, int return_timer)
{
    health->params = params;
    health->pool = pool;
    health->members = sim_alloc(self, pool->count * sizeof *health->members);
    health->check_timer = check_timer;
    health->return_timer = return_timer;
    for (uint32_t i = 0; params->interval != SIM_NEVER && i < pool->count; i++) {
        double part = (double)(i + 1) / pool->count;
        sim_after(self, sim_time_scale(params->interval, part), check_timer, i);
    }
}

bool health_is_due(struct sim_node *self, struct health *health, uint32_t index)
{
    sim_after(self, health->params->interval, health->check_timer, index);
    pool_look(self, health->pool);
    if (!health->pool->exists[index]) {
        health->members[index] = (struct health_member){0};
    }
    return health->pool->exists[index];
}

void health_send(struct sim_node *self, const struct health *health, uint32_t index, uint64_t tag)
{
    const struct health_params *params = health->params;
    struct sim_request check = {
        .operation = SIM_OP_CALL,
        .deadline = SIM_NEVER,
        .bytes = CHECK_BYTES,
        .origin_zone = (uint16_t)sim_zone(self),
    };
    sim_time timeout = params->timeout < params->interval ? params->timeout : params->interval;
    sim_send_request(self, health->pool->members[index].id, &check, timeout, tag);
}

bool health_checked(struct health *health, uint32_t index, enum sim_status status)
{
    const struct health_params *params = health->params;
    struct health_member *member = &health->members[index];
    bool is_out = (health->pool->reasons[index] & POOL_CHECKS_FAIL) != 0;
    if (!health->pool->exists[index] || sim_status_is_answer(status) != is_out) {
        member->streak = 0;
        return false;
    }
    member->streak++;
    if (member->streak < (is_out ? params->rise : params->fall)) {
        return false;
    }
    member->streak = 0;
    pool_set(health->pool, index, POOL_CHECKS_FAIL, !is_out);
    return true;
}

/* What a member is to blame for: not that it sent the caller elsewhere or that he came too late. */
static bool is_blamed(enum sim_status status)
{
    return !sim_status_is_answer(status) && status != SIM_STATUS_REDIRECT &&
           status != SIM_STATUS_EXPIRED;
}

/* One more may be out: at least one, and no more than the share. */
static bool may_eject(const struct health *health)
{
    double room = health->params->eject_max * health->pool->existing_count;
    return health->ejected_count == 0 || health->ejected_count + 1 <= room;
}

bool health_observed(struct sim_node *self, struct health *health, uint32_t index,
                     enum sim_status status)
{
    const struct health_params *params = health->params;
    struct health_member *member = &health->members[index];
    if (params->eject_after == 0) {
        return false;
    }
    member->failures = is_blamed(status) ? member->failures + 1 : 0;
    bool is_ejected = (health->pool->reasons[index] & POOL_EJECTED) != 0;
    if (member->failures < params->eject_after || is_ejected || !health->pool->exists[index] ||
        !may_eject(health)) {
        return false;
    }
    member->failures = 0;
    health->ejected_count++;
    pool_set(health->pool, index, POOL_EJECTED, true);
    sim_after(self, params->eject_time, health->return_timer, index);
    return true;
}

void health_return(struct health *health, uint32_t index)
{
    health->members[index].failures = 0;
    health->ejected_count--;
    pool_set(health->pool, index, POOL_EJECTED, false);
}
