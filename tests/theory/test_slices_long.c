/* A day in slices: what is put together from them is the day that passes slowly, less what the
 * closed form says that slicing loses. If this failed, scenarios/validation/slices.md would promise
 * an error that is another one.
 */
#include "stack.h"

#define MEAN 50.0
#define SWING 0.2 /* of the load, around 0.5 */

/* Mean latency of the slow day, of so many slices of it, in seconds. */
static double exact(unsigned slices)
{
    double root = sqrt(0.25 - SWING * SWING);
    double z = (0.5 - root) / SWING;
    double lost = slices == 0 ? 0 : 2 * pow(z, slices) / (1 + pow(z, slices)) / root;
    return (1 / root - lost - 1) / MEAN;
}

static void assert_near(double measured, double right)
{
    g_test_message("%.6g s for %.6g s", measured, right);
    if (!(fabs(measured - right) < STACK_TOLERANCE * right)) {
        g_error("%.6g s, must be %.6g s", measured, right);
    }
}

/* Over all requests: a slice counts as many times as it had some. */
static double mean_of_slices(const struct sim_study *study)
{
    double sum = 0, requests = 0;
    for (uint32_t i = 0; i < study->result_count; i++) {
        double count = stack_estimate(study->results[i], "users.issued mean")->value;
        sum += count * stack_estimate(study->results[i], "users.latency mean")->value;
        requests += count;
    }
    return sum / requests;
}

static void slices_case(unsigned slices)
{
    g_autofree char *settings = g_strdup_printf("slices=%u length=1500", slices);
    struct sim_study *study = stack_run("slices", settings);
    g_assert_cmpuint(study->result_count, ==, slices);
    assert_near(mean_of_slices(study), exact(slices));
    sim_study_free(study);
}

static void test_many(void)
{
    slices_case(12);
    g_assert_cmpfloat(exact(12), >, 0.9999 * exact(0)); /* nothing is lost */
}

/* Both at the mean: the peak is lost, and a seventh of the day's delay. */
static void test_few(void)
{
    slices_case(2);
    g_assert_cmpfloat(exact(2), <, 0.85 * exact(0));
}

static void test_whole(void)
{
    struct sim_study *study = stack_run("slices", "slices=12 length=1500 whole=1");
    assert_near(stack_estimate(study->results[0], "users.latency mean")->value, exact(0));
    sim_study_free(study);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slices/many", test_many);
    g_test_add_func("/slices/few", test_few);
    g_test_add_func("/slices/whole", test_whole);
    return g_test_run();
}
