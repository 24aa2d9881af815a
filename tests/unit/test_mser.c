/* The truncation rule on series whose transient is known. If this failed, averages would keep the
 * warm-up, or throw good data away. */
#include <glib.h>
#include <math.h>

#include "base/random.h"
#include "stats/mser.h"

/* What the definition says, in O(n^2). */
static size_t naive_mser(const double *values, size_t count)
{
    size_t best = count;
    double best_error = INFINITY;
    for (size_t d = 0; d <= count / 2; d++) {
        double n = (double)(count - d), mean = 0.0, squares = 0.0;
        for (size_t i = d; i < count; i++) {
            mean += values[i] / n;
        }
        for (size_t i = d; i < count; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
        if (squares / n / n < best_error) {
            best_error = squares / n / n;
            best = d;
        }
    }
    return best == count / 2 ? count : best;
}

static void test_twin(void)
{
    struct sim_random random;
    sim_random_init(&random, 1, "mser", "twin");
    for (int round = 0; round < 500; round++) {
        double values[200];
        size_t count = 10 + (size_t)sim_random_below(&random, 190);
        double bias = 10.0 * sim_random_unit(&random),
               decay = 1.0 + 40.0 * sim_random_unit(&random);
        for (size_t i = 0; i < count; i++) {
            values[i] = bias * exp(-(double)i / decay) + sim_random_unit(&random);
        }
        g_assert_cmpuint(sim_mser(values, count), ==, naive_mser(values, count));
    }
}

static void test_step(void)
{
    double values[100];
    for (int i = 0; i < 100; i++) {
        values[i] = (i < 23 ? 5.0 : 1.0) + 0.01 * (i % 3);
    }
    size_t dropped = sim_mser(values, 100);
    g_assert_cmpuint(dropped, >=, 23);
    g_assert_cmpuint(dropped, <=, 26);
}

static void test_nothing_to_drop(void)
{
    double values[100];
    for (int i = 0; i < 100; i++) {
        values[i] = 4.2;
    }
    g_assert_cmpuint(sim_mser(values, 100), ==, 0);
}

static void test_no_answer(void)
{
    double values[100];
    for (int i = 0; i < 100; i++) {
        values[i] = i; /* never settles */
    }
    g_assert_cmpuint(sim_mser(values, 100), ==, 100);
    for (int i = 0; i < 100; i++) {
        values[i] = 1.0;
    }
    g_assert_cmpuint(sim_mser(values, 9), ==, 9);
    values[70] = INFINITY;
    g_assert_cmpuint(sim_mser(values, 100), ==, 100);
    values[70] = NAN;
    g_assert_cmpuint(sim_mser(values, 100), ==, 100);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mser/twin", test_twin);
    g_test_add_func("/mser/step", test_step);
    g_test_add_func("/mser/nothing-to-drop", test_nothing_to_drop);
    g_test_add_func("/mser/no-answer", test_no_answer);
    return g_test_run();
}
