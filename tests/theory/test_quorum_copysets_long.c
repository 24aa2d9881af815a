/* Cidon and others, "Copysets", USENIX ATC 2013: of 5,000 members 1 % are lost at once. How often
 * is something lost, by the placement that store.quorum uses? If this failed, its placements would
 * make other sets of members than the paper's, and data would be as safe in a simulation as it is
 * not.
 *
 * The paper's window of eleven successors is not a placement of the store.
 */
#include <math.h>

#include "store/quorum/quorum.h"
#include "table.h"

#define MEMBERS 5000u
#define FAILED 50u
#define CHUNKS UINT64_C(13333333) /* 8,000 a member, three times each */
#define SIGMAS_99 2.576

struct trial {
    struct sim_random random;
    bool is_failed[MEMBERS];
    uint32_t failed[FAILED];
};

static void draw(struct trial *trial)
{
    for (uint32_t i = 0; i < FAILED; i++) {
        trial->is_failed[trial->failed[i]] = false;
    }
    for (uint32_t i = 0; i < FAILED;) {
        uint32_t member = (uint32_t)sim_random_below(&trial->random, MEMBERS);
        if (!trial->is_failed[member]) {
            trial->is_failed[member] = true;
            trial->failed[i++] = member;
        }
    }
}

static bool is_lost(const struct trial *trial, const uint32_t owners[3])
{
    return trial->is_failed[owners[0]] && trial->is_failed[owners[1]] &&
           trial->is_failed[owners[2]];
}

static struct trial *trial_new(const char *what)
{
    struct trial *trial = g_new0(struct trial, 1);
    sim_random_init(&trial->random, 1, "copysets", what);
    return trial;
}

static void check(const char *what, double value, double exact, double half)
{
    g_test_message("%s: %.6g, must be %.6g +- %.2g", what, value, exact, half);
    g_assert_cmpfloat(fabs(value - exact), <=, half);
}

/* Every chunk has a set of its own. That something is lost is certain as good as always; how many
 * chunks must be looked at until the first one is lost says how often that is. */
static void check_random(const struct quorum_coordinator *coordinator, double published)
{
    struct trial *trial = trial_new("random");
    uint64_t trials = 400, lost = 0, looked_at = 0;
    for (uint64_t i = 0; i < trials; i++) {
        draw(trial);
        uint64_t chunk = 0;
        for (uint32_t owners[3]; chunk < CHUNKS; chunk++) {
            quorum_owners(coordinator, chunk + i * CHUNKS, 3, owners);
            if (is_lost(trial, owners)) {
                lost++;
                break;
            }
        }
        looked_at += chunk + 1;
    }
    double one = 50.0 * 49 * 48 / (5000.0 * 4999 * 4998);
    double error = sqrt((double)trials * (1 - published) * published) / (double)trials;
    check("random: loses something", (double)lost / (double)trials, published,
          fmax(SIGMAS_99 * error, 1.0 / (double)trials));
    check("random: a chunk is lost", (double)lost / (double)looked_at, one,
          SIGMAS_99 * one / sqrt((double)trials));
    g_free(trial);
}

/* The sets that keys are at: there are as many as the paper says. */
static GArray *sets_of(const struct quorum_coordinator *coordinator, uint64_t expected)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    GArray *sets = g_array_new(FALSE, FALSE, 3 * sizeof(uint32_t));
    for (uint64_t key = 0; key < 40 * expected; key++) {
        uint32_t owners[3], sorted[3];
        quorum_owners(coordinator, key, 3, owners);
        memcpy(sorted, owners, sizeof sorted);
        for (int i = 1; i < 3; i++) {
            for (int j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
                uint32_t other = sorted[j];
                sorted[j] = sorted[j - 1];
                sorted[j - 1] = other;
            }
        }
        uint64_t name = ((uint64_t)sorted[0] * MEMBERS + sorted[1]) * MEMBERS + sorted[2];
        if (g_hash_table_add(seen, g_memdup2(&name, sizeof name))) {
            g_array_append_val(sets, owners);
        }
    }
    g_assert_cmpuint(sets->len, ==, expected);
    return sets;
}

/* No member shares keys with more others than the scatter width. */
static void check_scatter(const GArray *sets, int64_t scatter_width)
{
    g_autofree uint32_t *at = g_new0(uint32_t, MEMBERS);
    for (guint i = 0; i < sets->len; i++) {
        const uint32_t *owners = &((const uint32_t *)(const void *)sets->data)[(size_t)3 * i];
        for (int j = 0; j < 3; j++) {
            at[owners[j]]++;
        }
    }
    uint64_t all = 0;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        g_assert_cmpint(2 * at[i], <=, scatter_width);
        all += at[i];
    }
    g_assert_cmpuint(all, ==, 3 * sets->len);
}

static void check_copysets(const struct quorum_coordinator *coordinator, uint64_t expected,
                           double published)
{
    g_autoptr(GArray) sets = sets_of(coordinator, expected);
    const uint32_t *owners = (const uint32_t *)(const void *)sets->data;
    struct trial *trial = trial_new("copysets");
    uint64_t trials = 300000, lost = 0;
    check_scatter(sets, coordinator->params->scatter_width);
    for (uint64_t i = 0; i < trials; i++) {
        bool has_lost = false;
        draw(trial);
        for (guint set = 0; set < sets->len && !has_lost; set++) {
            has_lost = is_lost(trial, &owners[(size_t)3 * set]);
        }
        lost += has_lost;
    }
    g_autofree char *what =
        g_strdup_printf("%" G_GUINT64_FORMAT " copysets: loses something", expected);
    check(what, (double)lost / (double)trials, published,
          SIGMAS_99 * sqrt(published * (1 - published) / (double)trials));
    g_free(trial);
}

static void test_published(void)
{
    struct table table;
    uint32_t played = 0;
    if (!table_read(&table, "copysets.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        const char *scheme = table_text(&table, row, "scheme");
        double published = table_number(&table, row, "P_loss_exact");
        struct quorum_params params = {.replicas = 3, .placement = QUORUM_COPYSETS};
        struct quorum_coordinator coordinator = {
            .params = &params, .member_count = MEMBERS, .replicas = 3};
        if (g_str_has_prefix(scheme, "random")) {
            params.placement = QUORUM_RANDOM;
            check_random(&coordinator, published);
            played++;
        } else if (sscanf(scheme, "copyset S=%" G_GINT64_FORMAT, &params.scatter_width) == 1) {
            check_copysets(&coordinator, (uint64_t)table_number(&table, row, "copysets"),
                           published);
            played++;
        }
    }
    g_assert_cmpuint(played, ==, 3);
    table_clear(&table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quorum/copysets", test_published);
    return g_test_run();
}
