/* Connections cost the round trips that they must, exactly, through scenario, client, network and
 * figures: slow start by rows that were computed elsewhere and at parameters that stand in no
 * table, and the four ways to load a page. If this failed, every set-up and every large body would
 * take another time than TCP and TLS say.
 */
#include <glib/gstdio.h>

#include "stack.h"
#include "stats/theory_distributed.h"
#include "table.h"

static double latency(const struct sim_study *study, const char *aggregate)
{
    g_autofree char *figure = g_strdup_printf("user.latency %s", aggregate);
    return stack_estimate(study->results[0], figure)->value;
}

static void assert_seconds(double measured, double exact)
{
    if (!(fabs(measured - exact) <= 1e-9)) {
        g_error("%.12g s, must be %.12g s", measured, exact);
    }
}

/* ---- slow start ---- */

/* Seconds that an answer of so many bytes takes on a connection that is open. */
static double body_seconds(double bytes, double window, double trip)
{
    g_autofree char *folder = g_dir_make_tmp("brink-connections-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_autofree char *path = g_build_filename(folder, "body.lua", NULL);
    g_autofree char *text = g_strdup_printf(
        "return scenario { name = \"body\", runs = 1, warmup = s(0), duration = s(100),\n"
        "  network { latency = ms(%.17g) },\n"
        "  node \"user\" { model = \"client.open\", to = \"web\", arrivals = regular(rate(0.1)),\n"
        "                transport = connection { window = bytes(%.0f) } },\n"
        "  node \"web\" { model = \"service\", service = ms(0), reply_bytes = bytes(%.0f) } }\n",
        trip / 2 * 1000, window, bytes);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    struct sim_study *study = stack_run_path(path, "");
    g_unlink(path);
    g_rmdir(folder);
    double seconds = latency(study, "max");
    assert_seconds(latency(study, "min"), seconds);
    sim_study_free(study);
    return seconds;
}

/* The request goes out and the first window comes back in one round trip, so that as many round
 * trips pass as there are rounds. */
static void test_published_rounds(void)
{
    struct table table;
    uint32_t rows = 0;
    if (!table_read(&table, "closed_forms.csv")) {
        return;
    }
    for (size_t row = 1; row < table.row_count; row++) {
        if (strcmp(table.rows[row][0], "tcp_slow_start") != 0) {
            continue;
        }
        double kilobytes = 0, segment = 0, initial = 0;
        g_assert_cmpint(
            sscanf(table.rows[row][1], "%lf kB;MSS=%lf;IW=%lf", &kilobytes, &segment, &initial), ==,
            3);
        double rounds = g_ascii_strtod(table.rows[row][3], NULL);
        assert_seconds(body_seconds(1000 * kilobytes, segment * initial, 0.05), 0.05 * rounds);
        rows++;
    }
    table_clear(&table);
    g_assert_cmpuint(rows, ==, 4);
}

/* Other sizes, windows and distances, and both sides of every step. */
static void test_other_rounds(void)
{
    static const struct {
        double segment;
        unsigned initial;
        double trip;
    } windows[] = {{1460, 10, 0.08}, {536, 2, 0.004}, {1200, 32, 0.3}};
    for (size_t i = 0; i < G_N_ELEMENTS(windows); i++) {
        double window = windows[i].segment * windows[i].initial;
        double sent = 0;
        for (unsigned rounds = 1; rounds <= 9; rounds++) {
            double next = 2 * sent + window; /* after that many rounds */
            double sizes[] = {sent + 1, floor((sent + next) / 2), next};
            for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
                g_assert_cmpuint(
                    sim_theory_slow_start_rounds(sizes[k], windows[i].segment, windows[i].initial),
                    ==, rounds);
                assert_seconds(body_seconds(sizes[k], window, windows[i].trip),
                               windows[i].trip * rounds);
            }
            sent = next;
        }
    }
}

/* ---- a page ---- */

/* Round trips of a page of `objects` whose bodies take `rounds` each. */
static void page_case(const char *mode, int handshake, int objects, int most, double kilobytes,
                      int rounds, double exact)
{
    g_autofree char *settings =
        g_strdup_printf("mode=%s handshake=%d objects=%d most=%d size=%g trip=40", mode, handshake,
                        objects, most, kilobytes);
    g_test_message("%s, %d rounds", settings, rounds);
    struct sim_study *study = stack_run("connections", settings);
    assert_seconds(latency(study, "min"), 0.04 * exact);
    assert_seconds(latency(study, "max"), 0.04 * exact);
    sim_study_free(study);
}

static void test_pages(void)
{
    static const struct {
        double kilobytes;
        int rounds;
    } bodies[] = {{1, 1}, {40, 2}, {200, 4}};
    for (int handshake = 0; handshake <= 3; handshake++) {
        for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
            double size = bodies[i].kilobytes;
            int r = bodies[i].rounds, h = handshake;
            page_case("each", h, 13, 6, size, r, 13 * (h + r));
            page_case("one", h, 13, 6, size, r, h + 13 * r);
            page_case("six", h, 13, 6, size, r, h + 3 * r);
            page_case("six", h, 12, 4, size, r, h + 3 * r);
            page_case("six", h, 5, 6, size, r, h + r);
            page_case("multiplexed", h, 13, 6, size, r, h + r);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/connections/published-rounds", test_published_rounds);
    g_test_add_func("/connections/other-rounds", test_other_rounds);
    g_test_add_func("/connections/pages", test_pages);
    return g_test_run();
}
