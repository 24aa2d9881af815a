/* Consistent hashing against published and exact figures: how uneven a ring is, and how many keys a
 * change of members moves. If this failed, a simulated fleet of caches would be more or less even,
 * or lose more or less of what it keeps, than a real one.
 */
#include <math.h>

#include "group.h"
#include "hashing/ring.h"
#include "table.h"

#define RINGS 100
#define TOLERANCE 0.05 /* of the reference, over 100 rings */

/* The part of the ring that is each member's, as multiples of the average: exact, not sampled. */
static void parts_of(const struct group *group, double *parts)
{
    const struct ring *ring = group->placement->own;
    uint64_t before = ring->points[ring->count - 1].at;
    memset(parts, 0, group->count * sizeof *parts);
    for (uint32_t i = 0; i < ring->count; i++) {
        parts[ring->points[i].member] += (double)(ring->points[i].at - before) * 0x1p-64;
        before = ring->points[i].at;
    }
    for (uint32_t i = 0; i < group->count; i++) {
        parts[i] *= group->count;
    }
}

struct spread {
    double square_sum; /* of what parts differ from 1 by */
    uint64_t below, above;
};

static void add_ring(struct spread *spread, uint32_t count, uint32_t points, uint64_t salt,
                     double low, double high)
{
    struct group group;
    double *parts = g_new(double, count);
    group_init(&group, &placement_ring, count, salt);
    group.setup.points = points;
    group_build(&group, count);
    parts_of(&group, parts);
    for (uint32_t i = 0; i < count; i++) {
        spread->square_sum += (parts[i] - 1) * (parts[i] - 1);
        spread->below += parts[i] < low;
        spread->above += parts[i] > high;
    }
    g_free(parts);
    group_clear(&group);
}

/* 0.5 % of all parts are beyond the quantile, to five standard errors. */
static void check_tail(uint64_t beyond, double all)
{
    g_assert_cmpfloat(fabs((double)beyond - 0.005 * all), <, 5 * sqrt(0.005 * all));
}

/* Row of consistent_hash_published.csv. Ten rings are enough for the longest, which has as many
 * points as all others together. */
static void test_spread(gconstpointer data)
{
    size_t row = GPOINTER_TO_SIZE(data);
    struct table table;
    if (!table_read(&table, "consistent_hash_published.csv")) {
        return;
    }
    uint32_t count = (uint32_t)table_number(&table, row, "buckets");
    uint32_t points = (uint32_t)table_number(&table, row, "points_per_bucket");
    uint64_t rings = points >= 1000 ? RINGS / 10 : RINGS;
    double low = table_number(&table, row, "gamma_q005");
    double high = table_number(&table, row, "gamma_q995");
    struct spread spread = {0};
    for (uint64_t ring = 0; ring < rings; ring++) {
        add_ring(&spread, count, points, 1000 + ring, low, high);
    }
    double all = (double)count * (double)rings;
    double deviation = sqrt(spread.square_sum / all);
    double formula = table_number(&table, row, "formula_cv=sqrt((n-1)/(nv+1))");
    double published = table_number(&table, row, "published_std_err");
    g_test_message("%u points: %.6f, formula %.6f, published %.6f", points, deviation, formula,
                   published);
    g_assert_cmpfloat(fabs(formula - sqrt((count - 1.0) / (count * (double)points + 1))), <, 1e-7);
    g_assert_cmpfloat(fabs(deviation / formula - 1), <, TOLERANCE);
    g_assert_cmpfloat(fabs(deviation / published - 1), <, TOLERANCE);
    check_tail(spread.below, all);
    check_tail(spread.above, all);
    table_clear(&table);
}

#define KEYS 50000
#define FLEETS 10

/* The part of the keys whose owner is another one with n + 1 members, averaged over fleets. */
static double moved(const struct placement_algorithm *algorithm, uint32_t n)
{
    uint64_t count = 0;
    for (uint64_t fleet = 0; fleet < FLEETS; fleet++) {
        struct group before, after;
        group_init(&before, algorithm, n + 1, fleet);
        group_init(&after, algorithm, n + 1, fleet);
        group_build(&before, n);
        group_build(&after, n + 1);
        for (uint64_t key = 0; key < KEYS; key++) {
            uint64_t hash = group_key(fleet * KEYS + key);
            count +=
                placement_owner(before.placement, hash) != placement_owner(after.placement, hash);
        }
        group_clear(&before);
        group_clear(&after);
    }
    return (double)count / ((double)KEYS * FLEETS);
}

/* One member more than n takes `expected` of the keys: to five standard errors of the keys and, on
 * a ring, of the newcomer's part. */
static void check_moved(const struct placement_algorithm *algorithm, uint32_t n, double expected)
{
    double one = 1.0 / (n + 1);
    bool has_points = algorithm == &placement_ring || algorithm == &placement_bounded;
    double ring = has_points ? one * (1 - one) / (160.0 * (n + 1) + 1) / FLEETS : 0;
    double error = sqrt(one * (1 - one) / ((double)KEYS * FLEETS) + ring);
    double part = moved(algorithm, n);
    g_test_message("%s, %u members: one more moves %.4f %%, expected %.4f %%", algorithm->name, n,
                   100 * part, 100 * expected);
    g_assert_cmpfloat(fabs(part - expected), <, 5 * error);
}

/* A key in n + 1; modulo keeps a key in n + 1 only. */
static void test_moves(gconstpointer data)
{
    const struct placement_algorithm *algorithm = data;
    static const uint32_t counts[] = {1, 4, 10, 50};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        double one = 1.0 / (counts[i] + 1);
        check_moved(algorithm, counts[i], algorithm == &placement_modulo ? 1 - one : one);
    }
}

/* The rows "remap" of the file, n=3->4 and so on. The keys that move when a member goes are those
 * that move when it comes. */
static void test_moves_rows(void)
{
    struct table table;
    uint32_t rows = 0;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        unsigned from = 0, to = 0;
        if (strcmp(table.rows[row][0], "remap") != 0) {
            continue;
        }
        g_assert_cmpint(sscanf(table.rows[row][1], "n=%u->%u", &from, &to), ==, 2);
        double expected = g_ascii_strtod(table.rows[row][3], NULL);
        uint32_t fewer = from < to ? from : to;
        if (g_str_has_prefix(table.rows[row][2], "mod-n")) {
            check_moved(&placement_modulo, fewer, expected);
        } else {
            check_moved(&placement_ring, fewer, expected);
            check_moved(&placement_jump, fewer, expected);
            check_moved(&placement_rendezvous, fewer, expected);
        }
        rows++;
    }
    table_clear(&table);
    g_assert_cmpuint(rows, ==, 9);
}

/* Of a maglev table the newcomer's entries must change; a few others do too. Counted, not sampled;
 * the part of all entries that change without need. */
static double maglev_extra(uint32_t n, uint32_t table_size)
{
    struct group before, after;
    group_init(&before, &placement_maglev, n + 1, n);
    group_init(&after, &placement_maglev, n + 1, n);
    before.setup.table_size = after.setup.table_size = table_size;
    group_build(&before, n);
    group_build(&after, n + 1);
    uint32_t changed = 0, must = 0;
    for (uint64_t entry = 0; entry < table_size; entry++) {
        uint32_t owner = placement_owner(after.placement, entry);
        changed += placement_owner(before.placement, entry) != owner;
        must += owner == n;
    }
    group_clear(&before);
    group_clear(&after);
    g_test_message("maglev, %u members, %u entries: %.4f %% change, %.4f %% must", n, table_size,
                   100.0 * changed / table_size, 100.0 * must / table_size);
    g_assert_cmpuint(must, ==, table_size / (n + 1));
    return (double)(changed - must) / table_size;
}

/* "Slightly more" than the minimum: less than one key in a hundred, and less with a larger table.
 */
static void test_maglev_moves(void)
{
    static const uint32_t counts[] = {4, 10, 50, 200};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        double small = maglev_extra(counts[i], 65537);
        double large = maglev_extra(counts[i], 655373);
        g_assert_cmpfloat(small, >, 0);
        g_assert_cmpfloat(small, <, 0.01);
        g_assert_cmpfloat(large, <, small);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t row = 1; row <= 4; row++) {
        g_autofree char *path = g_strdup_printf("/hashing-published/spread/%zu", row);
        g_test_add_data_func(path, GSIZE_TO_POINTER(row), test_spread);
    }
    for (size_t i = 0; placement_algorithms[i] != NULL; i++) {
        if (placement_algorithms[i] != &placement_maglev) {
            g_autofree char *path =
                g_strdup_printf("/hashing-published/moves/%s", placement_algorithms[i]->name);
            g_test_add_data_func(path, placement_algorithms[i], test_moves);
        }
    }
    g_test_add_func("/hashing-published/moves/rows", test_moves_rows);
    g_test_add_func("/hashing-published/moves/maglev", test_maglev_moves);
    return g_test_run();
}
