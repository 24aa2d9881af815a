/* Hashes: a key, or a session, belongs to a member, by any placement of models/hashing. A policy a
 * placement, of the same name.
 *
 * The placement is over the members that are available; it is built anew when they change, by what
 * they are called, so that two balancers with the same members agree. A retry goes to the next
 * owner of the key. `bounded` counts what this balancer has open at each member. Requests without a
 * session are placed by their key; on layer 4 it is the caller that is hashed.
 */
#include "balancer/policy.h"

struct hash {
    struct sim_node *self; /* whose calls are counted */
    const struct balancer_setup *setup;
    struct placement *placement;
    uint32_t *present;
    uint64_t version; /* of the view that it was built for */
};

static uint64_t load_of(const void *data, uint32_t member)
{
    const struct hash *own = data;
    return sim_open_calls(own->self, own->setup->members[member].id);
}

static void start(struct sim_node *self, void *state, const struct balancer_setup *setup)
{
    struct hash *own = state;
    own->self = self;
    own->setup = setup;
    own->present = sim_alloc(self, setup->count * sizeof *own->present);
    struct placement_member *members = sim_alloc(self, setup->count * sizeof *members);
    for (uint32_t i = 0; i < setup->count; i++) {
        const struct balancer_member *member = &setup->members[i];
        members[i] = (struct placement_member){
            .id = member->id,
            .name = sim_hash_text(sim_name_of(self, member->id)),
            .weight = member->weight > 0 ? member->weight : 1, /* no share: it is never available */
        };
    }
    struct placement_setup placement = {
        .algorithm = setup->policy->placement,
        .members = members,
        .member_count = setup->count,
        .points = (uint32_t)setup->options->ring_points,
        .table_size = (uint32_t)setup->options->maglev_entries,
        .bound = setup->options->load_bound,
        .load = load_of,
        .load_data = own,
    };
    own->placement = placement_init(sim_alloc(self, placement_size(&placement)), &placement);
}

static void build(struct hash *own, const struct balancer_view *view)
{
    for (uint32_t i = 0; i < view->available_count; i++) {
        own->present[i] = view->available[i].index;
    }
    placement_build(own->placement, own->present, view->available_count);
    own->version = view->version;
}

static uint64_t hash_of(const struct hash *own, const struct balancer_view *view)
{
    const struct sim_request *request = view->request;
    if (view->connection != 0) {
        return view->connection;
    }
    bool by_session = own->setup->options->hash_by == HASH_BY_SESSION && request->session != 0;
    return sim_hash_pair(by_session, by_session ? request->session : request->key);
}

static const struct balancer_member *pick(struct sim_node *self, void *state,
                                          const struct balancer_view *view)
{
    (void)self;
    struct hash *own = state;
    const struct balancer_member *members = own->setup->members;
    if (own->version != view->version) {
        build(own, view);
    }
    uint32_t owners[2];
    uint32_t found =
        placement_owners(own->placement, hash_of(own, view), view->avoid != 0 ? 2 : 1, owners);
    bool is_avoided = members[owners[0]].id == view->avoid && found == 2;
    return &members[owners[is_avoided ? 1 : 0]];
}

#define HASH_POLICY(algorithm, weights, text)                                                      \
    const struct balancer_policy balancer_##algorithm = {                                          \
        .name = #algorithm,                                                                        \
        .help = text,                                                                              \
        .takes_weights = weights,                                                                  \
        .placement = &placement_##algorithm,                                                       \
        .state_size = sizeof(struct hash),                                                         \
        .start = start,                                                                            \
        .pick = pick,                                                                              \
    }

HASH_POLICY(modulo, false, "by hash mod n; nearly all keys move when n changes");
HASH_POLICY(ring, true, "by a ring of points [Karger 1997; ketama]");
HASH_POLICY(jump, false, "by jump hash [Lamping, Veach 2014]");
HASH_POLICY(rendezvous, true, "by the highest random weight [Thaler, Ravishankar 1998]");
HASH_POLICY(maglev, true, "by a table that members fill in turn [Eisenbud 2016]");
HASH_POLICY(bounded, true, "by the ring, past full members [Mirrokni 2018; HAProxy]");
