/* Who exists and who can be picked; see pool.h. */
#include "balancer/pool.h"

#include "listing.h"

#include <string.h>

/* Weights are shares divided by the average of those that are not nothing. */
static void name_members(struct pool *pool)
{
    const struct sim_target *target = pool->target;
    double sum = 0;
    uint32_t with_share = 0;
    for (uint32_t i = 0; target->shares != NULL && i < target->count; i++) {
        sum += target->shares[i];
        with_share += target->shares[i] > 0;
    }
    for (uint32_t i = 0; i < target->count; i++) {
        bool is_weighted = target->shares != NULL && sum > 0;
        double weight = is_weighted ? target->shares[i] * with_share / sum : 1;
        pool->members[i] = (struct balancer_member){target->ids[i], i, weight};
    }
}

static bool is_available(const struct pool *pool, uint32_t index, bool is_panic)
{
    return pool->exists[index] && pool->members[index].weight > 0 &&
           (is_panic || pool->reasons[index] == 0);
}

static void update(struct pool *pool)
{
    uint32_t healthy = pool->existing_count - pool->out_count;
    bool is_panic = healthy < pool->panic * pool->existing_count;
    pool->available_count = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (is_available(pool, i, is_panic)) {
            pool->available[pool->available_count++] = pool->members[i];
        }
    }
    pool->version++;
}

static void count_out(struct pool *pool)
{
    pool->out_count = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        pool->out_count += pool->exists[i] && pool->reasons[i] != 0;
    }
}

static void look_at_world(struct sim_node *self, struct pool *pool)
{
    pool->existing_count = sim_members(self, pool->target, pool->ids);
    memset(pool->exists, 0, pool->count * sizeof *pool->exists);
    uint32_t at = 0;
    for (uint32_t i = 0; i < pool->existing_count; i++) {
        while (pool->members[at].id != pool->ids[i]) {
            at++;
        }
        pool->exists[at] = true;
    }
}

static void look_at_list(struct pool *pool)
{
    pool->existing_count = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        pool->exists[i] = pool->listed[i];
        pool->existing_count += pool->listed[i];
    }
}

static void look(struct sim_node *self, struct pool *pool)
{
    pool->seen = sim_members_version(self);
    if (pool->listed != NULL) {
        look_at_list(pool);
    } else {
        look_at_world(self, pool);
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        pool->reasons[i] = pool->exists[i] ? pool->reasons[i] : 0; /* who comes back is new */
    }
    count_out(pool);
    update(pool);
}

void pool_start(struct sim_node *self, struct pool *pool, const struct sim_target *target,
                double panic, bool asks)
{
    pool->target = target;
    pool->count = target->count;
    pool->panic = panic;
    pool->members = sim_alloc(self, pool->count * sizeof *pool->members);
    pool->reasons = sim_alloc(self, pool->count * sizeof *pool->reasons);
    pool->exists = sim_alloc(self, pool->count * sizeof *pool->exists);
    pool->available = sim_alloc(self, pool->count * sizeof *pool->available);
    pool->others = sim_alloc(self, pool->count * sizeof *pool->others);
    pool->ids = sim_alloc(self, pool->count * sizeof *pool->ids);
    if (asks) {
        pool->listed = sim_alloc(self, pool->count * sizeof *pool->listed);
    }
    name_members(pool);
    look(self, pool);
}

void pool_listed(struct sim_node *self, struct pool *pool, const uint64_t *words)
{
    const uint32_t nodes = LISTING_NODES;
    for (uint32_t i = 0; i < pool->count; i++) {
        uint64_t place = pool->members[i].id - words[LISTING_FIRST];
        if (place < nodes) {
            pool->listed[i] = listing_has(words, (uint32_t)place);
        }
    }
    look(self, pool);
}

void pool_list(struct sim_node *self, struct pool *pool, sim_node_id id, bool is_listed)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->members[i].id == id && pool->listed[i] != is_listed) {
            pool->listed[i] = is_listed;
            look(self, pool);
        }
    }
}

void pool_look(struct sim_node *self, struct pool *pool)
{
    if (pool->seen != sim_members_version(self)) {
        look(self, pool);
    }
}

void pool_set(struct pool *pool, uint32_t index, enum pool_reason reason, bool is_out)
{
    unsigned before = pool->reasons[index];
    unsigned after = is_out ? before | reason : before & ~(unsigned)reason;
    if (before != after) {
        pool->reasons[index] = (uint8_t)after;
        count_out(pool);
        update(pool);
    }
}

const struct balancer_member *pool_available(const struct pool *pool, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = pool->available_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pool->available[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < pool->available_count && pool->available[low].index == index;
    return is_there ? &pool->members[index] : NULL;
}

void pool_view(struct pool *pool, sim_node_id avoid, struct balancer_view *ret_view)
{
    ret_view->members = ret_view->available = pool->available;
    ret_view->count = ret_view->available_count = pool->available_count;
    ret_view->version = pool->version;
    ret_view->avoid = avoid;
    if (avoid == 0 || pool->available_count < 2) {
        return;
    }
    ret_view->members = pool->others;
    ret_view->count = 0;
    for (uint32_t i = 0; i < pool->available_count; i++) {
        if (pool->available[i].id != avoid) {
            pool->others[ret_view->count++] = pool->available[i];
        }
    }
}
