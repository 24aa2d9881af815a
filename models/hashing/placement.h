/* Placement: which member of a group a key belongs to.
 *
 * A cache, a store or a balancer that spreads keys over n members needs a function from keys to
 * members that all who ask compute alike, without asking each other. Four things are wanted of it,
 * and no algorithm is best at all four:
 *
 *   balance     each member gets its share of the keys
 *   stability   a member that comes or goes moves the keys that it gains or loses, and no others:
 *               1 / (n + 1) of all for one member more. `modulo` moves n / (n + 1) of them
 *   memory      from nothing (jump, rendezvous) to a table of points (ring, maglev)
 *   time        of a look-up: constant (modulo, maglev), log n (jump, ring), n (rendezvous)
 *
 * An algorithm is one file and one row of PLACEMENT_ALGORITHMS. It sees the hash of a key, never
 * the key, so that keys that are close to each other are as good as any; and it places by the names
 * of members or by the order of their ids, never by the order in which they are listed, so that
 * everybody who knows the same members agrees.
 *
 *     size_t size = placement_size(&setup);
 *     struct placement *placement = placement_init(memory_of_that_size, &setup);
 *     placement_build(placement, present, count);            again whenever members come or go
 *     uint32_t member = placement_owner(placement, sim_hash_pair(seed, key));
 *     uint32_t found = placement_owners(placement, hash, 3, replicas);
 *
 * A look-up allocates nothing. Plain C: nothing here knows of nodes.
 */
#ifndef BRINK_MODELS_HASHING_PLACEMENT_H
#define BRINK_MODELS_HASHING_PLACEMENT_H

#include "sim.h"

/* The table: a row is the name of an algorithm that defines placement_NAME. */
/* clang-format off */
#define PLACEMENT_ALGORITHMS(row)                                                                  \
    row(modulo)                                                                                    \
    row(ring)                                                                                      \
    row(jump)                                                                                      \
    row(rendezvous)                                                                                \
    row(maglev)                                                                                    \
    row(bounded)
/* clang-format on */

#define PLACEMENT_NONE UINT32_MAX

struct placement_member {
    uint32_t id;   /* where the order of members counts, it is that of their ids */
    uint64_t name; /* a hash of what the member is called */
    double weight; /* its part of the keys, 1 = an ordinary member; > 0 */
};

struct placement_algorithm;

/* Fields that an algorithm does not use may be 0. */
struct placement_setup {
    const struct placement_algorithm *algorithm;
    const struct placement_member *members; /* all that can ever be present; kept */
    uint32_t member_count;
    uint32_t points;     /* ring, bounded: points on the ring of a member of weight 1 */
    uint32_t table_size; /* maglev: entries, a prime, more than members */
    double bound;        /* bounded: no member takes more than this times the average, > 1 */
    /* bounded: what is open at a member now, by its index in `members`. */
    uint64_t (*load)(const void *load_data, uint32_t member);
    const void *load_data;
};

/* What an algorithm sees, and reads only. */
struct placement {
    struct placement_setup setup;
    uint32_t *order;   /* indices of all members, by id */
    uint32_t *present; /* of those that are there, by id */
    uint32_t count;    /* of those */
    bool *is_present;  /* by index */
    void *own;         /* memory of the algorithm, of the size that it asked for */
};

struct placement_algorithm {
    const char *name;
    const char *help;
    bool takes_weights; /* false: members count alike */
    /* Bytes of its own memory, zeroed; NULL = none. */
    size_t (*size)(const struct placement_setup *setup);
    /* What does not depend on who is present, once; NULL = nothing. */
    void (*prepare)(struct placement *placement);
    /* After the present members changed; NULL = nothing. */
    void (*build)(struct placement *placement);
    /* The first `count` owners of the key, all different, by preference; 1 <= count <= present. */
    void (*owners)(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members);
};

#define PLACEMENT_DECLARE(name) extern const struct placement_algorithm placement_##name;
PLACEMENT_ALGORITHMS(PLACEMENT_DECLARE)
#undef PLACEMENT_DECLARE

/* All of them; NULL at the end. */
extern const struct placement_algorithm *const placement_algorithms[];

/* Bytes that a placement needs. */
size_t placement_size(const struct placement_setup *setup);
/* `memory` is zeroed, aligned for anything, and outlives the placement. Nobody is present yet. */
struct placement *placement_init(void *memory, const struct placement_setup *setup);
/* `present`: different indices in setup->members, in any order. */
void placement_build(struct placement *placement, const uint32_t *present, uint32_t count);

/* The index of the member that the key belongs to, PLACEMENT_NONE when nobody is present. */
uint32_t placement_owner(const struct placement *placement, uint64_t key_hash);
/* The first `count` owners by preference, for replicas and for who is next when one is down; fewer
 * when fewer are present. Returns how many. */
uint32_t placement_owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                          uint32_t *ret_members);
/* Whether `member` is among the first `count` of `members`, for algorithms that look for more. */
bool placement_has(const uint32_t *members, uint32_t count, uint32_t member);
/* For the table size of maglev. */
bool placement_is_prime(uint64_t number);

#endif
