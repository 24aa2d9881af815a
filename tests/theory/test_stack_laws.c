/* The exact laws that the stack is held against are themselves held against other ways to the same
 * numbers: another formula, a chain, the mean of sim/stats. If this failed, a wrong law could agree
 * with a wrong model. */
#include <glib.h>

#include "stack_exact.h"
#include "stack_sharing.h"
#include "stack_shortest.h"
#include "stack_transform.h"

static const double LOADS[] = {0.3, 0.5, 0.8, 0.9};

static void assert_near(double value, double exact, double relative)
{
    if (!(fabs(value - exact) <= relative * fabs(exact))) {
        g_error("%.12g is not %.12g", value, exact);
    }
}

/* The integral of t^power P(time > t) over CELLS small cells, two points in each (Gauss). */
#define CELLS_OF_SCALE 25.0
#define CELLS 2000

static double integral_of(exact_tail tail, const void *law, double scale, int power)
{
    double step = scale / CELLS_OF_SCALE, sum = 0.0;
    for (int i = 0; i < CELLS; i++) {
        for (int side = -1; side <= 1; side += 2) {
            double t = (i + 0.5 + 0.5 * side / sqrt(3.0)) * step;
            sum += pow(t, power) * tail(t, law) / 2.0;
        }
    }
    return sum * step;
}

static double mean_of(exact_tail tail, const void *law, double scale)
{
    return integral_of(tail, law, scale, 0);
}

/* --- Inversion ----------------------------------------------------------------------------------
 */

/* With (nearly) no urgent ones the patient are alone: M/M/1, an exponential time. */
static void test_inversion_of_an_exponential(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        for (int is_preemptive = 0; is_preemptive < 2; is_preemptive++) {
            struct exact_patient alone = {1e-12, LOADS[i], 1.0, is_preemptive};
            struct exact_transform law = exact_patient(&alone);
            for (double x = 0.01; x < 7.0; x *= 1.7) {
                double t = x / (1.0 - LOADS[i]);
                assert_near(exact_transform_tail(t, &law), exp(-x), 1e-5);
            }
        }
    }
}

/* Erlang's work by the transform and by phases; constant work by the transform and by Franx. */
static void test_inversion_of_one_server(void)
{
    struct exact_erlang *phases = g_new0(struct exact_erlang, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        double rho = LOADS[i];
        exact_erlang_init(phases, 4, rho, 1.0);
        for (int with_service = 0; with_service < 2; with_service++) {
            phases->with_service = with_service;
            struct exact_fifo fifo = {rho, 1.0, EXACT_WORK_ERLANG_4, with_service};
            struct exact_transform law = exact_fifo(&fifo);
            for (double t = 0.1; t < 20.0; t *= 1.6) {
                double exact = exact_erlang_tail(t, phases);
                g_assert_cmpfloat(fabs(exact_transform_tail(t, &law) - exact), <, 1e-7);
            }
        }
        struct exact_fifo fifo = {rho, 1.0, EXACT_WORK_CONSTANT, false};
        struct exact_transform law = exact_fifo(&fifo);
        for (double t = 0.35; t < 20.0; t *= 1.6) {
            double exact = sim_theory_md1_wait_tail(rho, t);
            g_assert_cmpfloat(fabs(exact_transform_tail(t, &law) - exact), <, 1e-3);
        }
        fifo = (struct exact_fifo){rho, 1.0, EXACT_WORK_UNIFORM, true};
        double mean = sim_theory_mg1(rho, 1.0, 1.0 / 3.0).sojourn;
        assert_near(mean_of(exact_transform_tail, &law, mean), mean, 1e-5);
    }
    g_free(phases);
}

/* --- Priorities ---------------------------------------------------------------------------------
 */

/* Means of Cobham, and the tail that the transform gives has the mean that it has. */
static void test_patient(void)
{
    static const double pairs[][2] = {{0.3, 0.5}, {0.6, 0.3}, {0.2, 0.3}, {0.45, 0.1}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        struct sim_theory_class classes[] = {{pairs[i][0], 1, 1}, {pairs[i][1], 1, 1}};
        double means[2];
        for (int is_preemptive = 0; is_preemptive < 2; is_preemptive++) {
            if (is_preemptive) {
                sim_theory_preemptive_sojourns(classes, 2, means);
            } else {
                sim_theory_priority_waits(classes, 2, means);
                means[1] += 1.0;
            }
            struct exact_patient patient = {pairs[i][0], pairs[i][1], 1.0, is_preemptive};
            struct exact_transform law = exact_patient(&patient);
            assert_near(exact_transform_mean(&law, means[1]), means[1], 1e-6);
            assert_near(mean_of(exact_transform_tail, &law, means[1]), means[1], 1e-5);
        }
    }
}

/* --- Processor sharing --------------------------------------------------------------------------
 */

/* Integral and chain are one law; variance (2 + rho) / (2 - rho) of the squared mean (Coffman,
 * Muntz and Trotter 1970). */
static void test_sharing(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        double rho = LOADS[i], mean = 1.0 / (1.0 - rho);
        for (double t = 0.0; t < 6.0 * mean; t += mean / 2.0) {
            g_assert_cmpfloat(fabs(exact_sharing_tail(t, &rho) - exact_sharing_chain_tail(rho, t)),
                              <, 1e-10);
        }
        double variance = mean * mean * (2.0 + rho) / (2.0 - rho);
        assert_near(mean_of(exact_sharing_tail, &rho, mean), mean, 1e-6);
        assert_near(2.0 * integral_of(exact_sharing_tail, &rho, mean, 1), variance + mean * mean,
                    1e-4);
    }
}

/* Constant work: the mean of any work, the share that is never disturbed. */
static void test_sharing_of_constant_work(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        double rho = LOADS[i], mean = 1.0 / (1.0 - rho);
        struct exact_transform law = exact_shared_constant(&rho);
        assert_near(exact_transform_mean(&law, mean), mean, 1e-5);
        struct exact_transform after = law;
        after.start = 0.0;
        assert_near(mean_of(exact_transform_tail, &after, mean), mean - 1.0, 1e-4);
        g_assert_cmpfloat(
            fabs(exact_transform_tail(1.0001, &law) - (1.0 - (1.0 - rho) * exp(-rho))), <, 1e-3);
    }
}

/* --- Shortest remaining -------------------------------------------------------------------------
 */

/* The transform has the mean that Schrage and Miller's integral has, and an idle station serves
 * exponential work. */
static void test_shortest(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        struct exact_transform law = exact_shortest(&LOADS[i]);
        double mean = sim_theory_srpt_sojourn(LOADS[i], 1.0);
        assert_near(exact_transform_mean(&law, mean), mean, 1e-4);
    }
    double idle = 1e-9;
    struct exact_transform law = exact_shortest(&idle);
    for (double t = 0.5; t < 5.0; t += 0.5) {
        g_assert_cmpfloat(fabs(exact_transform_tail(t, &law) - exp(-t)), <, 1e-4);
    }
}

/* --- What is found ------------------------------------------------------------------------------
 */

/* Room for K, a closed population, the best of d: the tail's mean is the mean of sim/stats. */
static void test_found(void)
{
    static const int rooms[][2] = {{1, 10}, {3, 7}, {5, 5}, {10, 14}, {1, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(rooms); i++) {
        int servers = rooms[i][0], places = rooms[i][1];
        struct exact_found law = exact_admitted(servers, places, 0.9 * servers, 1.0);
        double mean = sim_theory_mmck(servers, places, 0.9 * servers, 1.0).sojourn;
        assert_near(mean_of(exact_found_tail, &law, mean), mean, 1e-6);
        law = exact_broken(places, servers, 0.2, 1.0);
        mean = sim_theory_finite_source(places, servers, 0.2, 1.0).sojourn;
        assert_near(mean_of(exact_found_tail, &law, mean), mean, 1e-6);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(LOADS); i++) {
        for (unsigned d = 2; d <= 5; d++) {
            struct exact_found law = exact_shorter(d, LOADS[i], 1.0);
            double mean = sim_theory_power_of_d_sojourn(d, LOADS[i]);
            assert_near(mean_of(exact_found_tail, &law, mean), mean, 1e-6);
        }
    }
}

/* With room for nearly all, M/M/c, whose quantiles are known. */
static void test_found_in_endless_room(void)
{
    for (int servers = 1; servers < 5; servers++) {
        struct exact_found law = exact_admitted(servers, EXACT_FOUND, 0.5 * servers, 1.0);
        for (double p = 0.1; p < 0.99; p += 0.2) {
            assert_near(exact_quantile(exact_found_tail, &law, p, 1.0),
                        sim_theory_mmc_sojourn_quantile(servers, 0.5 * servers, 1.0, p), 1e-6);
        }
    }
}

/* Branches: a mean by hand, and a station alone. */
static void test_branches(void)
{
    struct exact_branches law = {1.0, {0.5, 0.3}, {0.5, 0.7}};
    assert_near(mean_of(exact_branches_tail, &law, 2.0), 1.0 + 0.5 / 0.5 + 0.3 / 0.7, 1e-7);
    struct exact_branches alone = {1.0, {0.0, 0.0}, {0.5, 0.7}};
    assert_near(exact_branches_tail(2.0, &alone), exp(-2.0), 1e-12);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/laws/inversion-exponential", test_inversion_of_an_exponential);
    g_test_add_func("/laws/inversion-one-server", test_inversion_of_one_server);
    g_test_add_func("/laws/patient", test_patient);
    g_test_add_func("/laws/sharing", test_sharing);
    g_test_add_func("/laws/sharing-constant", test_sharing_of_constant_work);
    g_test_add_func("/laws/shortest", test_shortest);
    g_test_add_func("/laws/found", test_found);
    g_test_add_func("/laws/found-endless-room", test_found_in_endless_room);
    g_test_add_func("/laws/branches", test_branches);
    return g_test_run();
}
