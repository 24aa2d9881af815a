/* The table of routing policies, from the rows in policy.h. */
#include "dns/policy.h"

#define POLICY_ROW(name, policy) &balancer_##policy,
#define NAME_ROW(name, policy) #name,

const struct balancer_policy *const dns_policies[] = {DNS_POLICIES(POLICY_ROW) NULL};
const char *const dns_policy_names[] = {DNS_POLICIES(NAME_ROW) NULL};
