/* Routing policies of names: which member an answer leads to.
 *
 * They are the balancer's (balancer/policy.h), where their files are; a row of DNS_POLICIES says
 * what one is called here. The balancer's other policies go by what a name server does not see:
 * calls that are open, answers that come, keys and sessions. What counts as the caller is whoever
 * asks: a resolver, if there is one, and not those who ask it.
 */
#ifndef BRINK_MODELS_DNS_POLICY_H
#define BRINK_MODELS_DNS_POLICY_H

#include "balancer/policy.h"

/* A row is the name here and the name of the balancer's policy. */
/* clang-format off */
#define DNS_POLICIES(row)                                                                          \
    row(round_robin, round_robin)                                                                  \
    row(random, random)                                                                            \
    row(weighted, weighted)                                                                        \
    row(failover, active_passive)                                                                  \
    row(geographic, nearest)                                                                       \
    row(latency, lowest_latency)
/* clang-format on */

/* Both in the same order; NULL at the end. */
extern const struct balancer_policy *const dns_policies[];
extern const char *const dns_policy_names[];

#endif
