/* The table of balancing policies, from the rows in policy.h. */
#include "balancer/policy.h"

#define POLICY_ROW(name) &balancer_##name,
#define NAME_ROW(name) #name,

const struct balancer_policy *const balancer_policies[] = {BALANCER_POLICIES(POLICY_ROW) NULL};
const char *const balancer_policy_names[] = {BALANCER_POLICIES(NAME_ROW) NULL};

const char *const balancer_hash_by_names[] = {"key", "session", NULL};
const char *const balancer_near_names[] = {"balancer", "caller", NULL};
