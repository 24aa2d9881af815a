/* Placements. If these failed, keys would move without need, members would get another part than
 * their weight, or two that know the same members would disagree about an owner.
 */
#include <math.h>

#include "group.h"
#include "hashing/ring.h"

#define KEYS 20000

static bool moves_little(const struct placement_algorithm *algorithm)
{
    return algorithm != &placement_modulo && algorithm != &placement_maglev;
}

static void add_for_all(const char *what, void (*test)(gconstpointer algorithm))
{
    for (size_t i = 0; placement_algorithms[i] != NULL; i++) {
        g_autofree char *path =
            g_strdup_printf("/hashing/%s/%s", what, placement_algorithms[i]->name);
        g_test_add_data_func(path, placement_algorithms[i], test);
    }
}

/* Members listed in another order, with the same ids, names and weights: the same owners. */
static void test_order(gconstpointer algorithm)
{
    struct group forth, back;
    group_init(&forth, algorithm, 9, 1);
    group_init(&back, algorithm, 9, 1);
    for (uint32_t i = 0; i < 9; i++) {
        forth.members[i].weight = forth.setup.algorithm->takes_weights ? 1 + i % 3 : 1;
        back.present[i] = (i * 4) % 9;
    }
    for (uint32_t i = 0; i < 9; i++) {
        back.members[8 - i] = forth.members[i];
    }
    group_build(&forth, 9);
    group_build(&back, 9);
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t one[3], other[3];
        g_assert_cmpuint(placement_owners(forth.placement, group_key(key), 3, one), ==, 3);
        g_assert_cmpuint(placement_owners(back.placement, group_key(key), 3, other), ==, 3);
        for (int i = 0; i < 3; i++) {
            g_assert_cmpuint(forth.members[one[i]].id, ==, back.members[other[i]].id);
        }
    }
    group_clear(&forth);
    group_clear(&back);
}

/* The history of members leaves no trace: gone and back again is never gone. */
static void test_again(gconstpointer algorithm)
{
    struct group group, fresh;
    group_init(&group, algorithm, 9, 2);
    group_init(&fresh, algorithm, 9, 2);
    group_build(&group, 9);
    group_build(&group, 3);
    group_build(&group, 0);
    g_assert_cmpuint(placement_owner(group.placement, 5), ==, PLACEMENT_NONE);
    group_build(&group, 7);
    group_build(&fresh, 7);
    for (uint64_t key = 0; key < KEYS; key++) {
        g_assert_cmpuint(placement_owner(group.placement, group_key(key)), ==,
                         placement_owner(fresh.placement, group_key(key)));
    }
    group_clear(&group);
    group_clear(&fresh);
}

/* All members are owners of every key in some order, each once; nobody who is absent is. */
static void test_owners(gconstpointer algorithm)
{
    struct group group;
    group_init(&group, algorithm, 9, 3);
    group_build(&group, 7);
    for (uint64_t key = 0; key < KEYS / 10; key++) {
        uint32_t found[9], first;
        unsigned seen = 0;
        g_assert_cmpuint(placement_owners(group.placement, group_key(key), 9, found), ==, 7);
        for (int i = 0; i < 7; i++) {
            seen |= 1u << found[i];
        }
        g_assert_cmpuint(seen, ==, 127);
        first = placement_owner(group.placement, group_key(key));
        g_assert_cmpuint(first, ==, found[0]);
    }
    group_clear(&group);
}

/* One more: a key stays or moves to the newcomer, in the first place and among the first three.
 * (Further owners by jump come from further hashes, and two of them may move at once.) */
static void test_moves_to_newcomer(gconstpointer data)
{
    const struct placement_algorithm *algorithm = data;
    if (!moves_little(algorithm)) {
        return;
    }
    struct group before, after;
    group_init(&before, algorithm, 11, 4);
    group_init(&after, algorithm, 11, 4);
    group_build(&before, 10);
    group_build(&after, 11);
    uint64_t moved = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t old[3], new[3];
        placement_owners(before.placement, group_key(key), 3, old);
        placement_owners(after.placement, group_key(key), 3, new);
        bool is_moved = old[0] != new[0];
        g_assert_true(!is_moved || new[0] == 10);
        moved += is_moved;
        for (int i = 0; i < 3 && algorithm != &placement_jump; i++) {
            g_assert_true(new[i] == 10 || placement_has(old, 3, new[i]));
        }
    }
    double expected = KEYS / 11.0;
    g_assert_cmpfloat(fabs((double)moved - expected), <, 0.3 * expected);
    group_clear(&before);
    group_clear(&after);
}

/* One in the middle leaves: its keys move, and no others. (Jump renumbers those after it.) */
static void test_moves_from_lost(gconstpointer data)
{
    const struct placement_algorithm *algorithm = data;
    if (!moves_little(algorithm) || algorithm == &placement_jump) {
        return;
    }
    struct group before, after;
    group_init(&before, algorithm, 10, 4);
    group_init(&after, algorithm, 10, 4);
    after.present[4] = 9;
    group_build(&before, 10);
    group_build(&after, 9);
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t old = placement_owner(before.placement, group_key(key));
        uint32_t new = placement_owner(after.placement, group_key(key));
        g_assert_true(old == 4 || new == old);
        g_assert_cmpuint(new, !=, 4);
    }
    group_clear(&before);
    group_clear(&after);
}

/* Weights of 1, 2 and 5 give that many parts of eight, to five standard errors of the keys and, on
 * a ring, of the points: a part p of n points of weight 1 varies by sqrt(p (1 - p) / n). */
static void test_weights(gconstpointer data)
{
    const struct placement_algorithm *algorithm = data;
    if (!algorithm->takes_weights || algorithm == &placement_bounded) {
        return;
    }
    struct group group;
    group_init(&group, algorithm, 3, 5);
    group.setup.points = 2000;
    const double weights[] = {1, 2, 5};
    uint64_t counts[3] = {0};
    for (int i = 0; i < 3; i++) {
        group.members[i].weight = weights[i];
    }
    group_build(&group, 3);
    for (uint64_t key = 0; key < KEYS; key++) {
        counts[placement_owner(group.placement, group_key(key))]++;
    }
    for (int i = 0; i < 3; i++) {
        double part = weights[i] / 8;
        double points = algorithm == &placement_ring ? part * (1 - part) / 16000 : 0;
        double error = sqrt(part * (1 - part) / KEYS + points);
        g_assert_cmpfloat(fabs((double)counts[i] / KEYS - part), <, 5 * error);
    }
    group_clear(&group);
}

/* A change of one member's weight moves keys to or from that one only. */
static void test_weight_grows(gconstpointer data)
{
    const struct placement_algorithm *algorithm = data;
    if (!algorithm->takes_weights || !moves_little(algorithm)) {
        return;
    }
    struct group before, after;
    group_init(&before, algorithm, 8, 6);
    group_init(&after, algorithm, 8, 6);
    after.members[2].weight = 3;
    group_build(&before, 8);
    group_build(&after, 8);
    uint64_t moved = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t old = placement_owner(before.placement, group_key(key));
        uint32_t new = placement_owner(after.placement, group_key(key));
        g_assert_true(old == new || new == 2);
        moved += old != new;
    }
    double expected = KEYS * (3.0 / 10 - 1.0 / 8);
    g_assert_cmpfloat(fabs((double)moved - expected), <, 0.2 * expected);
    group_clear(&before);
    group_clear(&after);
}

/* The ring is closed: what lies past its last point belongs to the first one's member. */
static void test_ring_closes(void)
{
    struct group group;
    group_init(&group, &placement_ring, 5, 11);
    group.setup.points = 3;
    group_build(&group, 5);
    const struct ring *ring = group.placement->own;
    const struct ring_point *last = &ring->points[ring->count - 1];
    g_assert_cmpuint(ring->count, ==, 15);
    g_assert_cmpuint(last->member, !=, ring->points[0].member);
    g_assert_cmpuint(placement_owner(group.placement, last->at), ==, last->member);
    g_assert_cmpuint(placement_owner(group.placement, last->at + 1), ==, ring->points[0].member);
    g_assert_cmpuint(placement_owner(group.placement, 0), ==, ring->points[0].member);
    group_clear(&group);
}

/* Who is next is another draw: of the keys of one member each other is the second owner of as many,
 * to five standard errors. */
static void check_second(const struct placement_algorithm *algorithm)
{
    struct group group;
    uint32_t counts[5][5] = {{0}};
    group_init(&group, algorithm, 5, 12);
    group_build(&group, 5);
    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t found[2];
        placement_owners(group.placement, group_key(key), 2, found);
        counts[found[0]][found[1]]++;
    }
    for (int i = 0; i < 25; i++) {
        double expected = i / 5 == i % 5 ? 0 : KEYS / 20.0;
        g_assert_cmpfloat(fabs(counts[i / 5][i % 5] - expected), <=, 5 * sqrt(expected));
    }
    group_clear(&group);
}

static void test_second(void)
{
    check_second(&placement_jump);
    check_second(&placement_rendezvous);
}

/* Values of the function of figure 1 of the paper that its other implementations give too. */
static void test_jump_values(void)
{
    static const struct {
        uint64_t key;
        uint32_t count, owner;
    } values[] = {
        {1, 1, 0}, {42, 57, 43}, {0xDEAD10CC, 1, 0}, {0xDEAD10CC, 666, 361}, {256, 1024, 520},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        struct group group;
        group_init(&group, &placement_jump, values[i].count, 7);
        group_build(&group, values[i].count);
        g_assert_cmpuint(placement_owner(group.placement, values[i].key), ==, values[i].owner);
        group_clear(&group);
    }
}

/* Every member of a maglev table has as many entries as any other, or one less. */
static void test_maglev_balance(void)
{
    enum { MEMBERS = 100, ENTRIES = 5003 };
    struct group group;
    group_init(&group, &placement_maglev, MEMBERS, 8);
    group.setup.table_size = ENTRIES;
    group_build(&group, MEMBERS);
    uint32_t counts[MEMBERS] = {0};
    for (uint64_t entry = 0; entry < ENTRIES; entry++) {
        counts[placement_owner(group.placement, entry)]++;
    }
    for (int i = 0; i < MEMBERS; i++) {
        g_assert_true(counts[i] == ENTRIES / MEMBERS || counts[i] == ENTRIES / MEMBERS + 1);
    }
    group_clear(&group);
}

/* The smallest tables are filled too, whatever the permutations. */
static void test_maglev_small(void)
{
    for (uint64_t salt = 0; salt < 50; salt++) {
        struct group group;
        uint32_t counts[4] = {0};
        group_init(&group, &placement_maglev, 4, salt);
        group.setup.table_size = 5;
        group_build(&group, 4);
        for (uint64_t entry = 0; entry < 5; entry++) {
            counts[placement_owner(group.placement, entry)]++;
        }
        for (int i = 0; i < 4; i++) {
            g_assert_true(counts[i] == 1 || counts[i] == 2);
        }
        group_clear(&group);
    }
}

/* Puts loads in place, of a hot key and many cold ones, and may take some off again. Whoever is
 * picked has at most ceil(c m w / sum of w) then; as long as nothing has been taken off, so does
 * everybody, always. */
static void check_bound(double bound, uint32_t present, bool with_departures, bool with_weights)
{
    struct group group;
    group_init(&group, &placement_bounded, 12, 9);
    group.setup.bound = bound;
    double weight_sum = 0;
    for (uint32_t i = 0; i < 12; i++) {
        group.members[i].weight = with_weights ? 1 + i % 4 : 1;
        weight_sum += i < present ? group.members[i].weight : 0;
    }
    group_build(&group, present);
    struct sim_random random;
    sim_random_init(&random, 1, "bounded", "keys");
    uint64_t total = 0;
    for (int step = 0; step < 5000; step++) {
        uint64_t key = sim_random_chance(&random, 0.5) ? 7 : sim_random_below(&random, 1000);
        uint32_t owner = placement_owner(group.placement, group_key(key));
        group.loads[owner]++;
        total++;
        for (uint32_t i = 0; i < present; i++) {
            double part = (double)total * group.members[i].weight / weight_sum;
            if (!with_departures || i == owner) {
                g_assert_cmpfloat((double)group.loads[i], <=, ceil(bound * part * (1 - 1e-12)));
            }
        }
        uint32_t gone = (uint32_t)sim_random_below(&random, present);
        if (with_departures && group.loads[gone] > 0 && step % 3 > 0) {
            group.loads[gone]--;
            total--;
        }
    }
    group_clear(&group);
}

static void test_bound(void)
{
    check_bound(1.25, 12, false, false);
    check_bound(1.0001, 12, false, false);
    check_bound(2, 7, false, false);
    check_bound(1.25, 12, false, true);
    check_bound(1.25, 12, true, false);
    check_bound(1.5, 5, true, true);
}

/* With nothing in place a key is at home: where the ring alone has it. */
static void test_bounded_home(void)
{
    struct group ring, bounded;
    group_init(&ring, &placement_ring, 12, 10);
    group_init(&bounded, &placement_bounded, 12, 10);
    group_build(&ring, 12);
    group_build(&bounded, 12);
    for (uint64_t key = 0; key < KEYS; key++) {
        g_assert_cmpuint(placement_owner(ring.placement, group_key(key)), ==,
                         placement_owner(bounded.placement, group_key(key)));
    }
    group_clear(&ring);
    group_clear(&bounded);
}

static void test_primes(void)
{
    g_assert_true(placement_is_prime(2));
    g_assert_true(placement_is_prime(65537));
    g_assert_true(placement_is_prime(655373));
    g_assert_false(placement_is_prime(1));
    g_assert_false(placement_is_prime(65536));
    g_assert_false(placement_is_prime(251 * 251));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_for_all("order", test_order);
    add_for_all("again", test_again);
    add_for_all("owners", test_owners);
    add_for_all("moves-to-newcomer", test_moves_to_newcomer);
    add_for_all("moves-from-lost", test_moves_from_lost);
    add_for_all("weights", test_weights);
    add_for_all("weight-grows", test_weight_grows);
    g_test_add_func("/hashing/ring-closes", test_ring_closes);
    g_test_add_func("/hashing/second", test_second);
    g_test_add_func("/hashing/maglev-small", test_maglev_small);
    g_test_add_func("/hashing/jump-values", test_jump_values);
    g_test_add_func("/hashing/maglev-balance", test_maglev_balance);
    g_test_add_func("/hashing/bound", test_bound);
    g_test_add_func("/hashing/bounded-home", test_bounded_home);
    g_test_add_func("/hashing/primes", test_primes);
    return g_test_run();
}
