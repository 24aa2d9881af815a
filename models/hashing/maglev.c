/* Maglev: a table of a prime number of entries that members fill in turn, each by a permutation of
 * its own.
 *
 * Eisenbud and others, "Maglev: a fast and reliable software network load balancer", NSDI 2016,
 * section 3.4. Member i likes the entries (offset + j skip) mod M, j = 0, 1, ..., in that order; in
 * each round it takes the first that nobody has. Shares are even to one entry, a look-up is one
 * read, and a member that comes or goes moves its own entries and a few more: the larger the table
 * the fewer (the paper uses M = 65537, and 655373 where it matters). With weights a member takes
 * part in w / w_max of the rounds ("altering the relative frequency of the backends' turns"), so
 * that shares are even to an entry or two.
 *
 * Members take turns by id. Further owners are the members in the entries that follow.
 */
#include "hashing/placement.h"

#define EMPTY UINT32_MAX

/* Of one member, while the table is filled. */
struct filler {
    uint64_t next; /* the entry that it likes next */
    uint64_t skip;
    double credit; /* turns that it may take */
};

struct maglev {
    struct filler *fillers; /* by member; behind this struct */
    uint32_t *table;        /* likewise; the members of the entries */
};

static size_t size(const struct placement_setup *setup)
{
    return sizeof(struct maglev) + setup->member_count * sizeof(struct filler) +
           setup->table_size * sizeof(uint32_t);
}

static void prepare(struct placement *placement)
{
    struct maglev *maglev = placement->own;
    sim_assert(placement->setup.member_count < placement->setup.table_size);
    maglev->fillers = (struct filler *)(void *)(maglev + 1);
    maglev->table = (uint32_t *)(void *)(maglev->fillers + placement->setup.member_count);
}

/* Everybody at the beginning of his permutation. The largest weight of those present. */
static double line_up(struct placement *placement, uint64_t entries)
{
    struct maglev *maglev = placement->own;
    double largest = 0;
    for (uint32_t i = 0; i < placement->count; i++) {
        uint32_t member = placement->present[i];
        const struct placement_member *who = &placement->setup.members[member];
        maglev->fillers[member] = (struct filler){
            .next = sim_hash_pair(who->name, 0) % entries,
            .skip = sim_hash_pair(who->name, 1) % (entries - 1) + 1,
        };
        largest = who->weight > largest ? who->weight : largest;
    }
    return largest;
}

/* Takes the next free entry that the member likes. */
static void take(struct maglev *maglev, uint32_t member, uint64_t entries)
{
    struct filler *filler = &maglev->fillers[member];
    while (maglev->table[filler->next] != EMPTY) {
        filler->next = (filler->next + filler->skip) % entries;
    }
    maglev->table[filler->next] = member;
    filler->credit -= 1;
}

static void build(struct placement *placement)
{
    struct maglev *maglev = placement->own;
    uint64_t entries = placement->setup.table_size;
    double largest = line_up(placement, entries);
    for (uint64_t entry = 0; entry < entries; entry++) {
        maglev->table[entry] = EMPTY;
    }
    for (uint64_t filled = 0; filled < entries;) {
        for (uint32_t i = 0; i < placement->count && filled < entries; i++) {
            uint32_t member = placement->present[i];
            struct filler *filler = &maglev->fillers[member];
            filler->credit += placement->setup.members[member].weight / largest;
            if (filler->credit >= 1) {
                take(maglev, member, entries);
                filled++;
            }
        }
    }
}

static void owners(const struct placement *placement, uint64_t key_hash, uint32_t count,
                   uint32_t *ret_members)
{
    const struct maglev *maglev = placement->own;
    uint32_t entries = placement->setup.table_size;
    uint32_t at = (uint32_t)(key_hash % entries);
    uint32_t found = 0;
    for (uint32_t step = 0; found < count && step < entries; step++) {
        if (!placement_has(ret_members, found, maglev->table[at])) {
            ret_members[found++] = maglev->table[at];
        }
        at = at + 1 < entries ? at + 1 : 0;
    }
    for (uint32_t i = 0; found < count; i++) { /* whom the table has no entry for */
        if (!placement_has(ret_members, found, placement->present[i])) {
            ret_members[found++] = placement->present[i];
        }
    }
}

const struct placement_algorithm placement_maglev = {
    .name = "maglev",
    .help = "an entry of a table that members fill in turn [Eisenbud 2016]",
    .takes_weights = true,
    .size = size,
    .prepare = prepare,
    .build = build,
    .owners = owners,
};
