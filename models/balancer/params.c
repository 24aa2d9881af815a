/* The parameters of the balancer as a table, and what must fit together in them. */
#include "balancer/balancer.h"

static const char *const layer_names[] = {"l7", "l4", NULL};

static const char *const registry_models[] = {"registry", NULL};

#define AT(member) offsetof(struct balancer_params, member)

const struct sim_param balancer_params[] = {
    {"to", SIM_PARAM_TARGET, AT(to), NULL, SIM_UNBOUNDED,
     "members that requests are spread over; shares of them are weights", NULL, NULL},
    {"policy", SIM_PARAM_CHOICE, AT(policy), "\"round_robin\"", SIM_UNBOUNDED,
     "how a member is picked [nginx: in turn]", NULL, balancer_policy_names},
    {"choices", SIM_PARAM_INTEGER, AT(options.choices), "2", 1, 64,
     "two_choices: members that are drawn and compared [Mitzenmacher 2001: 2]", NULL, NULL},
    {"decay", SIM_PARAM_DURATION, AT(options.decay), "s(10)", 1e-9, 1e9,
     "least_response_time: for how long an answer counts [Finagle: 10 s]", NULL, NULL},
    {"near", SIM_PARAM_CHOICE, AT(options.near), "\"balancer\"", SIM_UNBOUNDED,
     "nearest, lowest_latency: to whom", NULL, balancer_near_names},
    {"hash_by", SIM_PARAM_CHOICE, AT(options.hash_by), "\"key\"", SIM_UNBOUNDED,
     "hashes: what is hashed", NULL, balancer_hash_by_names},
    {"ring_points", SIM_PARAM_INTEGER, AT(options.ring_points), "160", 1, 1e5,
     "ring, bounded: points of a member of average weight [ketama: 160]", NULL, NULL},
    {"maglev_entries", SIM_PARAM_INTEGER, AT(options.maglev_entries), "65537", 2, 1e8,
     "maglev: size of its table, a prime [Eisenbud 2016: 65537]", NULL, NULL},
    {"load_bound", SIM_PARAM_NUMBER, AT(options.load_bound), "1.25", 1.0001, 1e6,
     "bounded: calls open at a member, in averages [HAProxy hash-balance-factor: 125 %]", NULL,
     NULL},
    {"cost", SIM_PARAM_DURATION_LAW, AT(cost), "nil", SIM_NOT_NEGATIVE,
     "work of the balancer for a request, on layer 4 for a connection; left out = none", NULL,
     NULL},
    {"servers", SIM_PARAM_INTEGER, AT(servers), "1", 1, 1e9, "cores that do this work", NULL, NULL},
    {"queue_limit", SIM_PARAM_INTEGER, AT(queue_limit), "-1", -1, 1e12,
     "requests that may wait for them; more are rejected; -1 = any number", NULL, NULL},
    {"timeout", SIM_PARAM_DURATION, AT(timeout), "none", 1e-9, 1e300,
     "how long it waits for a member [nginx proxy_read_timeout: 60 s]", NULL, NULL},
    {"retries", SIM_PARAM_INTEGER, AT(retries), "1", 0, 1e6,
     "further members that it tries, at once; on layer 4 none [Envoy: 1]", NULL, NULL},
    {"retry_on", SIM_PARAM_CHOICE, AT(retry_on), "\"refused\"", SIM_UNBOUNDED,
     "failures that make it try another member [nginx proxy_next_upstream: error and timeout]",
     NULL, sim_retry_on_names},
    {"outstanding_max", SIM_PARAM_INTEGER, AT(outstanding_max), "0", 0, 1e12,
     "requests inside at once; more are rejected; 0 = no limit [HAProxy maxconn]", NULL, NULL},
    {"layer", SIM_PARAM_CHOICE, AT(layer), "\"l7\"", SIM_UNBOUNDED,
     "a member is picked for each request (l7), or for each connection (l4)", NULL, layer_names},
    {"connection_requests", SIM_PARAM_INTEGER, AT(connection_requests), "1000", 1, 1e12,
     "l4: requests after which a client's connection ends [nginx keepalive_requests: 1000]", NULL,
     NULL},
    {"connection_idle", SIM_PARAM_DURATION, AT(connection_idle), "s(350)", 1e-9, 1e300,
     "l4: silence after which a connection is forgotten [AWS NLB: 350 s]", NULL, NULL},
    {"sticky", SIM_PARAM_BOOLEAN, AT(sticky), "false", SIM_UNBOUNDED,
     "a session stays at its member while that is there [HAProxy stick-table]", NULL, NULL},
    {"sticky_idle", SIM_PARAM_DURATION, AT(sticky_idle), "none", 1e-9, 1e300,
     "silence after which a session is forgotten [HAProxy expire]", NULL, NULL},
    {"affinity_max", SIM_PARAM_INTEGER, AT(affinity_max), "100000", 1, 1e8,
     "sessions or connections remembered; the one used least recently makes room [HAProxy "
     "stick-table; the number is assumed]",
     NULL, NULL},
    {"check_interval", SIM_PARAM_DURATION, AT(health.interval), "none", 1e-9, 1e9,
     "time between health checks of a member; none = no checks [HAProxy inter: 2 s]", NULL, NULL},
    {"check_timeout", SIM_PARAM_DURATION, AT(health.timeout), "none", 1e-9, 1e300,
     "how long a check waits, at most the interval; none = the interval [HAProxy]", NULL, NULL},
    {"fall", SIM_PARAM_INTEGER, AT(health.fall), "3", 1, 1e6,
     "checks that fail in a row before a member is out [HAProxy: 3]", NULL, NULL},
    {"rise", SIM_PARAM_INTEGER, AT(health.rise), "2", 1, 1e6,
     "checks that pass in a row before it is back [HAProxy: 2]", NULL, NULL},
    {"eject_after", SIM_PARAM_INTEGER, AT(health.eject_after), "0", 0, 1e6,
     "requests that fail in a row before a member is out for a while; 0 = never [Envoy: 5]", NULL,
     NULL},
    {"eject_time", SIM_PARAM_DURATION, AT(health.eject_time), "s(30)", 1e-9, 1e9,
     "for how long [Envoy base_ejection_time: 30 s]", NULL, NULL},
    {"eject_max", SIM_PARAM_RATIO, AT(health.eject_max), "percent(10)", 0, 1,
     "members that may be out so at once, at least one [Envoy: 10 %]", NULL, NULL},
    {"panic", SIM_PARAM_RATIO, AT(panic), "percent(0)", 0, 1,
     "with fewer members than this left in, all are used again [Envoy: 50 %]", NULL, NULL},
    {"registry", SIM_PARAM_TARGET, AT(discovery.registry), "nil", SIM_UNBOUNDED,
     "whom it asks who is there; left out = it hears of every change", NULL, registry_models},
    {"poll", SIM_PARAM_DURATION, AT(discovery.poll), "s(30)", 1e-3, 1e9,
     "how often it asks that [Eureka client: 30 s]", NULL, NULL},
    {"watch", SIM_PARAM_BOOLEAN, AT(discovery.watch), "false", SIM_UNBOUNDED,
     "it does not ask, but is told of each change on a stream [etcd watch]", NULL, NULL},
    {0},
};

static const char *validate_maglev(const struct balancer_params *params)
{
    int64_t entries = params->options.maglev_entries;
    if (!placement_is_prime((uint64_t)entries)) {
        return "maglev_entries: must be a prime, such as 251, 5003, 65537 or 655373";
    }
    return params->to.count < entries ? NULL
                                      : "maglev_entries: must be more than there are members";
}

const char *balancer_validate(const void *fields)
{
    const struct balancer_params *params = fields;
    const struct balancer_policy *policy = balancer_policies[params->policy];
    if (params->to.shares != NULL && !policy->takes_weights) {
        return "to: under this policy members count alike; shares go with weighted, "
               "least_connections, ring, rendezvous, maglev and bounded";
    }
    if (params->discovery.registry.count > 1) {
        return "registry: names one node";
    }
    if (params->discovery.watch && params->discovery.registry.count == 0) {
        return "watch: there is no registry to watch";
    }
    if (params->layer == LAYER_4 && params->retries > 1) {
        return "retries: on layer 4 a connection is its member's, and nothing is tried again";
    }
    if (params->layer == LAYER_4 && params->sticky) {
        return "sticky: on layer 4 sessions are not seen, and connections stay where they are";
    }
    return policy->placement == &placement_maglev ? validate_maglev(params) : NULL;
}
